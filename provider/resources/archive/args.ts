import type { StateReference } from "../../args/stateReference";
import type { TlsArguments } from "../../docker/endpoint/tls";
import type { Location } from "../../transfer/location";

/** The arguments of a `BuildKitStateArchive` as the provider receives them. */
export interface ArchiveArguments {
    state?: StateReference;
    builderName?: string;
    node?: string;
    endpoint?: string;
    tls?: TlsArguments;
    to: string | Location;
    triggers?: unknown[];
    image?: string;
    drainTimeout?: number;
}
