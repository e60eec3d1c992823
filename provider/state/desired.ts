import { canonicalName, nodeName, volumeName } from "../buildx/names";
import type { Owner } from "../docker/ownership";
import type { StateInputs } from "./inputs";

/** The engine's own volume driver. */
export const defaultDriver = "local";

/** A state as the program asks for it, every default filled in. */
export interface DesiredState {
    readonly builderName: string;
    readonly node: string;
    readonly owner: Owner;
    /** `undefined`: what the docker CLI would use. */
    readonly endpoint: string | undefined;
    readonly volume: string;
    readonly driver: string;
    readonly driverOpts: Record<string, string>;
    readonly labels: Record<string, string>;
}

export function desireState(inputs: StateInputs, owner: Owner): DesiredState {
    const builderName = canonicalName(inputs.builderName);
    const node = canonicalName(inputs.node ?? nodeName(builderName, 0));
    return {
        builderName,
        node,
        owner,
        endpoint: inputs.endpoint,
        volume: volumeName(node),
        driver: inputs.volumeDriver ?? defaultDriver,
        driverOpts: inputs.volumeDriverOpts ?? {},
        labels: inputs.labels ?? {},
    };
}
