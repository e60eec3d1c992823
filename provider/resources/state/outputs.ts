/**
 * Outputs of a `BuildKitState`, and the arguments and the result of `getState`. This file imports only types, so that a
 * user's compiler does not read Docker's types.
 */
import type { TlsArguments } from "../../docker/endpoint/tls";
import type { Status } from "../builder/outputs";

/** Arguments of {@link getState}. */
export interface GetStateArgs {
    /** The name of the builder that uses the state. */
    builderName: string;
    /** The node of that builder. @default `<builderName>0` */
    node?: string;
    /** The engine that holds the state. @default the engine in buildx's record, else what the docker CLI would use */
    endpoint?: string;
    /** The TLS files for a `tcp://` endpoint: paths or PEM text. @default what the docker CLI would use */
    tls?: TlsArguments;
}

/** The size of a state. */
export interface StateUsage {
    /** The name of the builder that uses the state. */
    builderName: string;
    /** The node that uses the state. */
    node: string;
    /** The name of the volume, `buildx_buildkit_<node>_state`. */
    volumeName: string;
    /** The status of the builder's container: `running`, `stopped`, or `inactive` if it does not exist. */
    status: Status;
    /** The size on the disk of the engine's host, in bytes. */
    sizeOnDisk: number;
    /** The size that BuildKit reports. Not set if the builder does not run and the engine has no BuildKit image. */
    usage?: CacheUsage;
}

/** The cache as BuildKit reports it. Sizes are in bytes. */
export interface CacheUsage {
    /** The size of the whole cache. */
    total: number;
    /** The size of everything that is not in use. */
    reclaimable: number;
    /** Sizes by BuildKit's cache types: `regular`, `exec.cachemount`, `source.local`, … */
    byType: Record<string, number>;
    /** When any part of the cache was last used, in RFC 3339 format. Not set if the cache is empty. */
    lastUsedAt?: string;
}

/** Outputs of a `BuildKitState`. */
export interface StateOutputs {
    /** Name of the builder that uses the state, in lower case. */
    builderName: string;
    /** Node that uses the state. */
    node: string;
    /** Name of the volume, `buildx_buildkit_<node>_state`. */
    volumeName: string;
    /** Path of the volume on the engine's host. Empty if a refresh did not find the volume. */
    mountpoint: string;
    /** Whether the volume already existed, so that its content was kept. */
    adopted: boolean;
}

/** Names of the outputs that repeat an argument. */
export const argumentOutputs = ["builderName", "node"] as const satisfies (keyof StateOutputs)[];

/** Names of the other outputs. */
export const outputs: readonly string[] = Object.keys({
    volumeName: true,
    mountpoint: true,
    adopted: true,
} satisfies Record<Exclude<keyof StateOutputs, (typeof argumentOutputs)[number]>, true>);

/** Names of the outputs that an update never changes, because a change of one of them replaces the state. */
export const stableOutputs: readonly (keyof StateOutputs)[] = ["builderName", "node", "volumeName"];
