import type { TlsArguments } from "../docker/tls";

/** The arguments of a `QemuEmulation` as they reach the provider. */
export interface QemuInputs {
    platforms?: string[];
    endpoint?: string;
    tls?: TlsArguments;
    image?: string;
    pull?: "missing" | "always";
    /** The URN of the resource. */
    __urn: string;
    /** The engine may be on a machine that the same program creates. */
    __mayBeStarting?: boolean;
    /** The resource option of that name. */
    __replaceOnChanges?: string[];
}

export const defaultImage = "tonistiigi/binfmt";
