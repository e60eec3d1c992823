import type { Pull } from "../../args/image";
import type { TlsArguments } from "../../docker/endpoint/tls";

/** The arguments of a `QemuEmulation` as the provider receives them. */
export interface EmulationArguments {
    platforms?: string[];
    endpoint?: string;
    tls?: TlsArguments;
    image?: string;
    pull?: Pull;
}

export const defaultImage = "tonistiigi/binfmt";
