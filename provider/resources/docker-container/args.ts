import { defaultDrainTimeout } from "../../buildkit/runningBuilds";
import type { DriverOptions } from "../../buildx/driverOptions";
import type { BuildkitdConfig } from "../../buildkit/config";
import type { GcRule } from "../../buildkit/gc";
import type { StateReference } from "../../args/stateReference";
import type { Pull } from "../../args/image";
import { defaultBootTimeout } from "../../docker/buildkitd/boot";
import type { TlsArguments } from "../../docker/endpoint/tls";

/**
 * Arguments of a node. On the builder itself they are the defaults of all nodes. The public types `NodeArgs` and
 * `BuildxBuilderArgs` inherit these docstrings.
 */
export interface NodeArguments {
    state?: StateReference;
    endpoint?: string;
    /**
     * TLS files for the connection to a `tcp://` endpoint.
     * @default the TLS settings of the docker CLI
     */
    tls?: TlsArguments;
    driverOpts?: DriverOptions;
    /** Platforms that buildx prefers the node for, for example `"linux/arm64"` (`docker buildx create --platform`). */
    platforms?: string[];
    /**
     * Command-line arguments of buildkitd, one flag or value per string. If buildx reads no entitlement in them and
     * `buildkitdConfig` does not name `network.host`, `--allow-insecure-entitlement=network.host` is added (buildx:
     * `builder/builder.go`, `parseBuildkitdFlags`). buildx reads the arguments up to the first flag that is not
     * `--allow-insecure-entitlement`. Not valid: `--root` outside `/var/lib/buildkit`, `--addr` without buildkitd's own
     * socket, and flags that configure the same as `gc`.
     * @default ["--allow-insecure-entitlement=network.host"]
     */
    buildkitdFlags?: string[];
    /**
     * Configuration of buildkitd: the content of a `buildkitd.toml`, or the same as an object (`docker buildx create
     * --buildkitd-config`). Certificates and keys that its `registry` tables name, by path or as PEM text, are copied
     * into the container.
     * @default `buildkitd.default.toml` in buildx's configuration directory, if the file exists
     */
    buildkitdConfig?: string | BuildkitdConfig;
}

/** One of `nodes`. */
export interface NodeInputs extends NodeArguments {
    name?: string;
}

/**
 * A builder's arguments as the provider receives them: plain values. At preview, the Pulumi engine sends a constant for
 * each unknown value. Keys that start with two underscores are internal and not shown to users.
 */
export interface BuilderInputs extends NodeArguments {
    name?: string;
    nodes?: NodeInputs[];
    use?: boolean;
    keepState?: boolean;
    adopt?: boolean;
    pull?: Pull;
    requirePlatforms?: string[];
    gc?: GcRule | GcRule[];
    extraHosts?: Record<string, string>;
    dns?: Dns;
    labels?: Record<string, string>;
    bootTimeout?: number;
    drainTimeout?: number;
    /** The automatic name, for a builder without a name. It is chosen once and kept. */
    __autoName?: string;
    /** The number in the automatic name of each of `nodes`. It is chosen once and kept. */
    __nodeIndexes?: number[];
}

/** The arguments that a user writes. */
export type UserArgument = Exclude<keyof BuilderInputs, `__${string}`>;

/** DNS settings of a container. */
export interface Dns {
    /** Addresses of name servers, for example `"10.0.0.2"`. */
    nameservers?: string[];
    /** Domains in which host names without a dot are looked up. */
    searchDomains?: string[];
    /** Options of the resolver, for example `"ndots:2"`. */
    options?: string[];
}

export const defaults = {
    /** In seconds. */
    bootTimeout: defaultBootTimeout,
    /** In seconds. */
    drainTimeout: defaultDrainTimeout,
} as const;
