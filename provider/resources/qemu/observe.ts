import type { Engine } from "../../docker/engine/engine";
import { type EmulatorOwners, readOwners } from "./emulatorOwners";
import type { DesiredEmulation } from "./desired";
import { callImage, type Report } from "./image";

/** The emulation as it is on the engine's host. */
export interface ObservedEmulation extends Omit<Report, "output"> {
    /** The engine, for messages. */
    readonly host: string;
    /** The other engine on whose host it is, if the docker CLI's engine changed to this one after the creation. */
    readonly leftAt?: string | undefined;
    /** Whether this is not the engine that Pulumi's state records. */
    readonly isOther?: boolean;
    readonly owners: EmulatorOwners;
}

export async function observeEmulation(
    desired: DesiredEmulation,
    engine: Engine,
    signal: AbortSignal,
): Promise<ObservedEmulation> {
    const { supported, emulators } = await callImage(engine, desired, {}, signal);
    return {
        host: engine.endpoint.host,
        supported,
        emulators,
        owners: await readOwners(engine, desired.owner),
    };
}
