import type { TlsArguments } from "../../docker/endpoint/tls";

/** The arguments of a `QemuEmulation` as the provider receives them. */
export interface QemuInputs {
    platforms?: string[];
    endpoint?: string;
    tls?: TlsArguments;
    image?: string;
    pull?: "missing" | "always";
}

export const defaultImage = "tonistiigi/binfmt";
