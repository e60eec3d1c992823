import { defaultBootTimeout } from "../../docker/buildkitd/boot";

/** Certificates for the connection to a `tcp://` endpoint. Each of `ca`, `cert` and `key` is the path of a file, or PEM text. */
export interface RemoteTlsArguments {
    /** The authority that signed the daemon's certificate. Required with TLS: buildx does not trust any other authority. */
    ca?: string;
    /** The client's certificate, for a daemon that requires one (mTLS). */
    cert?: string;
    /** The key of that certificate. */
    key?: string;
    /**
     * Name in the daemon's certificate.
     * @default the host of the endpoint
     */
    serverName?: string;
}

/** Arguments of a node. On the builder itself, `tls` and `platforms` are the defaults of all nodes. */
export interface RemoteNodeArguments {
    endpoint?: string;
    tls?: RemoteTlsArguments;
    platforms?: string[];
}

/** One of `nodes`. */
export interface RemoteNodeInputs extends RemoteNodeArguments {
    name?: string;
}

/**
 * A builder's arguments as the provider receives them: plain values. At preview, the Pulumi engine sends a constant for
 * each unknown value. Keys that start with two underscores are internal and not shown to users.
 */
export interface RemoteInputs extends RemoteNodeArguments {
    name?: string;
    nodes?: RemoteNodeInputs[];
    defaultLoad?: boolean;
    requirePlatforms?: string[];
    use?: boolean;
    adopt?: boolean;
    bootTimeout?: number;
    /** The automatic name, for a builder without a name. It is chosen once and kept. */
    __autoName?: string;
    /** The number in the automatic name of each of `nodes`. It is chosen once and kept. */
    __nodeIndexes?: number[];
}

/** The arguments that a user writes. */
export type UserArgument = Exclude<keyof RemoteInputs, `__${string}`>;

export const defaults = {
    /** In seconds. */
    bootTimeout: defaultBootTimeout,
} as const;
