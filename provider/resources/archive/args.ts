import type { TlsArguments } from "../../docker/endpoint/tls";
import type { Location } from "../../transfer/location";

/** The arguments of a `BuildKitStateArchive` as the provider receives them. */
export interface ArchiveInputs {
    /** The values that the resource needs from a `BuildKitState`. */
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

export interface StateReference {
    builderName: string;
    node?: string;
    endpoint?: string;
    tls?: TlsArguments;
}
