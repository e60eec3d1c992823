import { defaultDrainTimeout } from "../buildkit/runningBuilds";
import type { DriverOptions } from "../buildx/driverOptions";
import type { BuildkitdConfig } from "../buildkit/config";
import type { GcRule } from "../buildkit/gc";
import type { TlsArguments } from "../docker/tls";

/** What a node is made by, and what a builder's own arguments are the defaults of. */
export interface NodeArguments {
    state?: StateReference;
    endpoint?: string;
    tls?: TlsArguments;
    driverOpts?: DriverOptions;
    platforms?: string[];
    buildkitdFlags?: string[];
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
