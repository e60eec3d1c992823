import type { TlsArguments } from "../docker/tls";
import type { Location } from "./location";

/** The arguments of a `BuildKitStateArchive` as they reach the provider. */
export interface ArchiveInputs {
    /** What the resource takes of a `BuildKitState`. */
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
