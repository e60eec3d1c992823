import type { TlsArguments } from "../docker/tls";

/** The arguments of a `QemuEmulation` as they reach the provider. */
export interface QemuInputs {
    platforms?: string[];
    endpoint?: string;
    tls?: TlsArguments;
    image?: string;
    pull?: "missing" | "always";
}

export const defaultImage = "tonistiigi/binfmt";
