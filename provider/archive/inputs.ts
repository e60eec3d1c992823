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
    /** The URN of the resource. */
    __urn: string;
    /** The engine may be on a machine that the same program creates. */
    __mayBeStarting?: boolean;
}

export interface StateReference {
    builderName: string;
    node?: string;
    endpoint?: string;
    tls?: TlsArguments;
}
