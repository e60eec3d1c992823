/**
 * buildkitd's configuration as an object (buildkit: `docs/buildkitd.toml.md`, `cmd/buildkitd/config/config.go`): types
 * alone, which a user's compiler reads without anything else.
 *
 * Keys are those of `buildkitd.toml`, in camelCase where TOML has dashes; TOML's own spelling is understood as well.
 */
export interface BuildkitdConfig {
    /** Log more. Default: false. */
    debug?: boolean;
    /** Log all there is. Default: false. */
    trace?: boolean;
    /** Where buildkitd keeps its state. Default: `/var/lib/buildkit`, which is the state volume. */
    root?: string;
    /** What builds may be allowed to do: `network.host`, `security.insecure`, `device`. TOML: `insecure-entitlements`. */
    entitlements?: string[];
    /** As {@link entitlements}. */
    "insecure-entitlements"?: string[];
    /** Keep all builds to the network that buildkitd's proxy lets through. Default: false. */
    proxyNetwork?: boolean;
    /** Where extra fields of provenance attestations are found. Default: `/etc/buildkit/provenance.d`. */
    provenanceEnvDir?: string;
    log?: LogConfig;
    /** By what the builds look names up. Default: what the container has. */
    dns?: DnsConfig;
    /** By the registry's host, such as `"docker.io"` or `"registry.example:5000"`. */
    registry?: Record<string, RegistryConfig>;
    worker?: { oci?: OciWorkerConfig; containerd?: ContainerdWorkerConfig };
    history?: HistoryConfig;
    /** Which frontends may be used. Default: both. */
    frontend?: {
        "dockerfile.v0"?: { enabled?: boolean };
        "gateway.v0"?: { enabled?: boolean; allowedRepositories?: string[] };
    };
    system?: SystemConfig;
    grpc?: GrpcConfig;
    otel?: { socketPath?: string };
    /** Devices for builds (Container Device Interface). */
    cdi?: { disabled?: boolean; specDirs?: string[]; autoAllowed?: string[] };
    /** Signing and verifying of GitHub Actions' cache. */
    cache?: { gha?: Record<string, unknown> };
    compaction?: CompactionConfig;
}

export interface LogConfig {
    /** Default: `text`. */
    format?: "text" | "json";
    /** Default: `info`. */
    level?: "trace" | "debug" | "info" | "warn" | "warning" | "error" | "fatal" | "panic";
}

export interface DnsConfig {
    /** Addresses. */
    nameservers?: string[];
    searchDomains?: string[];
    /** Of the resolver, such as `"ndots:2"`. */
    options?: string[];
}

/** How buildkitd speaks to a registry. */
export interface RegistryConfig {
    /** Hosts that are asked before the registry itself, in this order; a path may follow, `"cache.example/hub"`. */
    mirrors?: string[];
    /** Speak HTTP instead of HTTPS. Default: false. */
    http?: boolean;
    /** Take any certificate. Default: false. */
    insecure?: boolean;
    /** Authorities to trust beside the system's: each the path of a file, or PEM text. */
    ca?: string | string[];
    /** What to show to a registry that asks for a client's certificate. */
    keypair?: KeyPair | KeyPair[];
    /** Folders in the container with such files. */
    tlsconfigdir?: string[];
}

/** Each the path of a file, or PEM text. A key that is given as text is kept as a secret. */
export interface KeyPair {
    key: string;
    cert: string;
}

/**
 * A number of bytes, a size such as `"20GB"` (a GB is 1024³ bytes here, as in all of BuildKit), or a share of the disk,
 * `"10%"`.
 */
export type DiskSpace = number | string;

/** A number of seconds, or a text with the units `h`, `m`, `s` and `ms`, such as `"48h"`. */
export type Duration = number | string;

/** When buildkitd removes what from its cache. */
export interface GcConfig {
    /** Default: true. */
    gc?: boolean;
    /** What is never removed by the default policy. */
    reservedSpace?: DiskSpace;
    /** The most that the default policy lets the cache take. */
    maxUsedSpace?: DiskSpace;
    /** What the default policy tries to leave free on the disk. */
    minFreeSpace?: DiskSpace;
    /** The older name of {@link reservedSpace}. */
    gckeepstorage?: DiskSpace;
    /** Rules in the place of the whole default policy. The last one needs a ceiling, or the cache grows without end. */
    gcpolicy?: GcPolicy[];
}

/** A rule of garbage collection; rules are applied in their order. */
export interface GcPolicy {
    /** Also what BuildKit itself needs. Default: false. */
    all?: boolean;
    /** Such as `"type==source.local"`; one that matches is enough. */
    filters?: string[];
    /** What was used within this time stays. */
    keepDuration?: Duration;
    /** What is never removed by this rule. */
    reservedSpace?: DiskSpace;
    /** Above this the rule removes. */
    maxUsedSpace?: DiskSpace;
    /** What the rule tries to leave free on the disk. */
    minFreeSpace?: DiskSpace;
    /** The older name of {@link reservedSpace}. */
    keepBytes?: DiskSpace;
}

/** The network of `RUN` steps. */
export interface WorkerNetworkConfig {
    /** Default: `auto`, which is `cni` where there is a configuration for it, and else `host`: that of the container. */
    networkMode?: "auto" | "host" | "cni" | "bridge";
    cniConfigPath?: string;
    cniBinaryPath?: string;
    /** Network namespaces that are kept ready. */
    cniPoolSize?: number;
    bridgeName?: string;
    bridgeSubnet?: string;
}

interface WorkerConfig extends GcConfig, WorkerNetworkConfig {
    enabled?: boolean;
    labels?: Record<string, string>;
    /** Platforms to build for. Default: what the machine and its emulators can run. */
    platforms?: string[];
    snapshotter?: string;
    rootless?: boolean;
    /** Steps that run at the same time at most. Default: no limit. */
    maxParallelism?: number;
    /** As {@link maxParallelism}. */
    "max-parallelism"?: number;
    apparmorProfile?: string;
    /** As {@link apparmorProfile}. */
    "apparmor-profile"?: string;
    selinux?: boolean;
    defaultCgroupParent?: string;
}

/** The worker that a builder of the docker-container driver has. */
export interface OciWorkerConfig extends WorkerConfig {
    noProcessSandbox?: boolean;
    /** The program that runs containers. Default: `buildkit-runc`. */
    binary?: string;
    proxySnapshotterPath?: string;
    userRemapUnsupported?: string;
    stargzSnapshotter?: Record<string, unknown>;
}

export interface ContainerdWorkerConfig extends WorkerConfig {
    address?: string;
    namespace?: string;
    runtime?: { name?: string; path?: string; options?: Record<string, unknown> };
    hypervIsolation?: boolean;
}

/** How long builds are remembered. */
export interface HistoryConfig {
    maxAge?: Duration;
    maxEntries?: number;
}

export interface SystemConfig {
    /** How long the list of platforms is taken for true. */
    platformsCacheMaxAge?: Duration;
    /** Connections to one registry at a time, at most. */
    maxRegistryConcurrency?: number;
    /** Default: 60 s. */
    sessionAuthTimeout?: Duration;
}

export interface GrpcConfig {
    address?: string[];
    debugAddress?: string;
    uid?: number;
    gid?: number;
    securityDescriptor?: string;
    tls?: { cert?: string; key?: string; ca?: string };
}

/** Compaction of BuildKit's databases. */
export interface CompactionConfig {
    enabled?: boolean;
    idleTimeout?: Duration;
    maxRetry?: number;
    writesPerCheck?: number;
    sizeWatermark?: number;
    sizeGrowthPercent?: number;
    minReclaimBytes?: number;
    minReclaimPercent?: number;
    minReclaimPercentFloor?: number;
}
