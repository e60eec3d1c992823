import { defaultDrainTimeout } from "../buildkit/runningBuilds";
import type { DriverOptions } from "../buildx/driverOptions";
import type { BuildkitdConfig } from "../buildkit/config";
import type { GcRule } from "../buildkit/gc";
import type { TlsArguments } from "../docker/tls";

/**
 * What a node is made by. On the builder itself these are each node's defaults. The docstrings are those of the public
 * types `NodeArgs` and `BuildxBuilderArgs`.
 */
export interface NodeArguments {
    state?: StateReference;
    endpoint?: string;
    /**
     * TLS of a connection to a `tcp://` endpoint.
     * @default as the docker CLI connects to it
     */
    tls?: TlsArguments;
    driverOpts?: DriverOptions;
    /** Platforms that the node is preferred for, such as `"linux/arm64"` (`docker buildx create --platform`). */
    platforms?: string[];
    /**
     * Arguments of buildkitd, each flag and each value a text of its own. `--allow-insecure-entitlement=network.host` is
     * added if buildx reads no entitlement in them and `buildkitdConfig` does not name `network.host` (buildx:
     * `builder/builder.go`, `parseBuildkitdFlags`). buildx reads them up to the first flag that is not
     * `--allow-insecure-entitlement`. Not valid are `--root` outside of `/var/lib/buildkit`, `--addr` without buildkitd's
     * own socket, and flags that configure what `gc` configures.
     * @default ["--allow-insecure-entitlement=network.host"]
     */
    buildkitdFlags?: string[];
    /**
     * Configuration of buildkitd: the text of a `buildkitd.toml`, or the same as an object. Certificates and keys that
     * its `registry` tables name, by path or as PEM text, are copied into the container (`docker buildx create
     * --buildkitd-config`).
     * @default buildx's `buildkitd.default.toml`, if it is beside buildx's records
     */
    buildkitdConfig?: string | BuildkitdConfig;
}

/** One of `nodes`. */
export interface NodeInputs extends NodeArguments {
    name?: string;
}

/**
 * A builder's arguments as they reach the provider: plain values, at preview with the engine's constant for
 * what is not known yet. Keys that start with two underscores are ours and not shown to users.
 */
export interface BuilderInputs extends NodeArguments {
    name?: string;
    nodes?: NodeInputs[];
    use?: boolean;
    keepState?: boolean;
    adopt?: boolean;
    pull?: "missing" | "always";
    requirePlatforms?: string[];
    gc?: GcRule | GcRule[];
    extraHosts?: Record<string, string>;
    dns?: Dns;
    labels?: Record<string, string>;
    bootTimeout?: number;
    drainTimeout?: number;
    /** The name for a builder that was given none; chosen once and kept. */
    __autoName?: string;
    /** The number in the automatic name of each of `nodes`; chosen once and kept. */
    __nodeIndexes?: number[];
}

/** The arguments that a user writes. */
export type UserArgument = Exclude<keyof BuilderInputs, `__${string}`>;

export interface Dns {
    nameservers?: string[];
    searchDomains?: string[];
    options?: string[];
}

/** What a builder takes from its `BuildKitState`. */
export interface StateReference {
    builderName: string;
    node: string;
    volumeName: string;
    endpoint?: string;
    tls?: TlsArguments;
}

export const defaults = {
    /** Seconds. */
    bootTimeout: 60,
    /** Seconds. */
    drainTimeout: defaultDrainTimeout,
} as const;
