import type { TlsArguments } from "../docker/endpoint/tls";

/**
 * The values that another resource takes from a `BuildKitState`. The outputs and arguments of a `BuildKitState` have the
 * same names, so a program can pass them one by one if its language cannot pass the resource itself.
 */
export interface StateReference {
    /** Name of the builder that uses the state. */
    builderName: string;
    /** Node of that builder. @default `<builderName>0` */
    node?: string;
    /** Name of the state's volume. @default `buildx_buildkit_<node>_state` */
    volumeName?: string;
    /** Engine that holds the volume. @default what the docker CLI would use */
    endpoint?: string;
    /** TLS files for a `tcp://` endpoint. @default what the docker CLI would use */
    tls?: TlsArguments;
}
