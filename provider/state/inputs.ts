import type { RestoreFrom } from "./desired";
import type { TlsArguments } from "../docker/tls";

/** The arguments of a `BuildKitState` as the provider receives them. */
export interface StateInputs {
    builderName: string;
    node?: string;
    endpoint?: string;
    tls?: TlsArguments;
    volumeDriver?: string;
    volumeDriverOpts?: Record<string, string>;
    labels?: Record<string, string>;
    restoreFrom?: RestoreFrom;
}
