import { defaultDrainTimeout } from "../../buildkit/runningBuilds";
import { canonicalName, nodeName } from "../../buildx/names";
import type { TlsArguments } from "../../docker/endpoint/tls";
import { defaultImage } from "../../transfer/helperContainer";
import type { ArchiveInputs } from "./inputs";
import { type Location, locationOf } from "../../transfer/location";

/** An archive as the program declares it, with all defaults filled in. */
export interface DesiredArchive {
    readonly node: string;
    /** If `undefined`, the endpoint that the docker CLI would use. */
    readonly endpoint: string | undefined;
    readonly tls: TlsArguments | undefined;
    readonly to: Location;
    readonly triggers: readonly unknown[];
    readonly image: string;
    readonly drainTimeout: number;
}

export function desiredArchive(inputs: ArchiveInputs): DesiredArchive {
    const { state, to, triggers = [], image = defaultImage, drainTimeout = defaultDrainTimeout } = inputs;
    const builderName = inputs.builderName ?? state?.builderName ?? "";
    return {
        node: canonicalName(inputs.node ?? state?.node ?? nodeName(builderName, 0)),
        endpoint: inputs.endpoint ?? state?.endpoint,
        tls: inputs.tls ?? state?.tls,
        to: locationOf(to),
        triggers,
        image,
        drainTimeout,
    };
}
