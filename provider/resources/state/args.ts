import type { RestoreSource } from "../../transfer/location";
import type { TlsArguments } from "../../docker/endpoint/tls";

/** The arguments of a `BuildKitState` as the provider receives them. */
export interface StateArguments {
    builderName: string;
    node?: string;
    endpoint?: string;
    tls?: TlsArguments;
    volumeDriver?: string;
    volumeDriverOpts?: Record<string, string>;
    labels?: Record<string, string>;
    restoreFrom?: RestoreFrom;
}

/** The source of a new state, as the program declares it. A string is the path of an archive. */
export type RestoreFrom =
    | string
    | (RestoreSource & {
          /** Whether to replace existing content of the volume. */
          overwrite?: boolean;
          /** The image of the helper container. */
          helperImage?: string;
      });
