import { defaultDrainTimeout } from "../../buildkit/runningBuilds";
import { canonicalName, nodeName } from "../../buildx/names";
import type { TlsArguments } from "../../docker/endpoint/tls";
import { defaultImage } from "../../transfer/helperContainer";
import { type Location, locationOf } from "../../transfer/location";
import type { ArchiveArguments } from "./args";

/** An archive as the program declares it, with all defaults filled in. */
export interface DesiredArchive {
    readonly node: string;
    /** If `undefined`, the endpoint that the docker CLI would use. */
    readonly endpoint: string | undefined;
    readonly tls: TlsArguments | undefined;
    /** The arguments that set the node and the endpoint. */
    readonly setBy: { readonly node: "node" | "state" | "builderName"; readonly endpoint: "endpoint" | "state" };
    readonly to: Location;
    readonly triggers: readonly unknown[];
    readonly image: string;
    readonly drainTimeout: number;
}

export function desiredArchive(args: ArchiveArguments): DesiredArchive {
    const { state, to, triggers = [], image = defaultImage, drainTimeout = defaultDrainTimeout } = args;
    const builderName = args.builderName ?? state?.builderName ?? "";
    return {
        node: canonicalName(args.node ?? state?.node ?? nodeName(builderName, 0)),
        endpoint: args.endpoint ?? state?.endpoint,
        tls: args.tls ?? state?.tls,
        setBy: {
            node: args.node !== undefined ? "node" : state !== undefined ? "state" : "builderName",
            endpoint: args.endpoint === undefined && state?.endpoint !== undefined ? "state" : "endpoint",
        },
        to: locationOf(to),
        triggers,
        image,
        drainTimeout,
    };
}
