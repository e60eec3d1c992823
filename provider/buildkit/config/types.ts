/**
 * buildkitd's configuration as an object: types alone, which a user's compiler reads without anything else. What each key
 * means is in BuildKit's `docs/buildkitd.toml.md`; the list of them is that of its `cmd/buildkitd/config/config.go`, 0.34.
 *
 * Keys are those of `buildkitd.toml`, in camelCase; TOML's own spelling is understood as well.
 */
export interface BuildkitdConfig {
    /** Log what helps to find errors. Default: false. BuildKit's newer name for it is `log.level`. */
    debug?: boolean;
    /** Log all there is. Default: false. BuildKit's newer name for it is `log.level`. */
    trace?: boolean;
    /**
     * Where buildkitd keeps its state. Default: `/var/lib/buildkit`, which is the state volume. A folder outside of it is
     * refused, since each change of the builder would lose the cache.
     */
    root?: string;
    /**
     * What builds may be allowed to do: `network.host`, `security.insecure`, `device`. Default: none.
     *
     * Name `network.host` among them, as buildx has it: without, and with no entitlement in `buildkitdFlags`, the flag
     * `--allow-insecure-entitlement=network.host` is added, and a flag takes the place of the whole list.
     *
     * An empty list means none, and no flag is added; buildx itself has no way to say that
     * (docker/setup-buildx-action#363).
     */
    entitlements?: string[];
    /** TOML's name of {@link entitlements}. */
    "insecure-entitlements"?: string[];
    /** Let builds reach the network through buildkitd's proxy alone. Default: false. */
    proxyNetwork?: boolean;
    /** Where extra fields of provenance attestations are found. Default: `/etc/buildkit/provenance.d`. */
    provenanceEnvDir?: string;
    log?: LogConfig;
    /** What `RUN` steps look names up with. Default: what the container has. */
    dns?: DnsConfig;
    /**
     * By the registry's host as image names have it, such as `"docker.io"` or `"registry.example:5000"`: without scheme and
     * path, which are refused.
     */
    registry?: Record<string, RegistryConfig>;
    worker?: WorkersConfig;
    history?: HistoryConfig;
    frontend?: FrontendConfig;
    system?: SystemConfig;
    grpc?: GrpcConfig;
    otel?: OtelConfig;
    cdi?: CdiConfig;
    cache?: CacheConfig;
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

/** How buildkitd speaks to a registry, or to a mirror of that host. */
export interface RegistryConfig {
    /** Hosts that are asked before the registry itself, in this order; a path may follow, `"cache.example/hub"`. */
    mirrors?: string[];
    /** Speak HTTP instead of HTTPS. Default: false, but for a loopback host. */
    http?: boolean;
    /** Speak HTTPS and take any certificate. Default: false. */
    insecure?: boolean;
    /** Authorities to trust beside the system's: each the path of a file, or PEM text. */
    ca?: string | string[];
    /** What to show to a registry that asks for a client's certificate. */
    keypair?: KeyPair | KeyPair[];
    /** Folders in the container with `*.crt`, and with `*.cert` and `*.key`. Nothing is copied there. */
    tlsConfigDir?: string[];
    /** TOML's name of {@link tlsConfigDir}. */
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

/** A number of seconds, or a text with the units `h`, `m`, `s` and `ms`, such as `"48h"`. There is none for days. */
export type Duration = number | string;

export interface WorkersConfig {
    /** The worker that a builder of the docker-container driver has. */
    oci?: OciWorkerConfig;
    /** Refused if it is enabled without an `address` of its own, since BuildKit's images have no containerd. */
    containerd?: ContainerdWorkerConfig;
}

/** When buildkitd removes what from its cache. */
export interface GcConfig {
    /** Whether it does so by itself. Default: true. */
    gc?: boolean;
    /** What is never removed by the default policy. Default: a tenth of the disk, 10 GB at most. */
    reservedSpace?: DiskSpace;
    /** The most that the default policy lets the cache take. Default: four fifths of the disk, 100 GB at most. */
    maxUsedSpace?: DiskSpace;
    /** What the default policy tries to leave free on the disk. Default: a fifth of it. */
    minFreeSpace?: DiskSpace;
    /** The older name of {@link reservedSpace}. */
    gcKeepStorage?: DiskSpace;
    /** TOML's name of {@link gcKeepStorage}. */
    gckeepstorage?: DiskSpace;
    /** Rules in the place of the whole default policy. The last one needs a ceiling, or the cache grows without end. */
    gcPolicy?: GcPolicy[];
    /** TOML's name of {@link gcPolicy}. */
    gcpolicy?: GcPolicy[];
}

/** A rule of garbage collection; rules are applied in their order. */
export interface GcPolicy {
    /** Also what BuildKit itself needs. Default: false. */
    all?: boolean;
    /** Such as `"type==source.local"`; one that matches is enough. Default: everything. */
    filters?: string[];
    /** What was used within this time stays. Default: 0. */
    keepDuration?: Duration;
    /** What is never removed by this rule. Default: 0. */
    reservedSpace?: DiskSpace;
    /** Above this the rule removes. Default: no such bound. */
    maxUsedSpace?: DiskSpace;
    /** What the rule tries to leave free on the disk. Default: no such bound. */
    minFreeSpace?: DiskSpace;
    /** The older name of {@link reservedSpace}. */
    keepBytes?: DiskSpace;
}

/** The network of `RUN` steps. */
export interface WorkerNetworkConfig {
    /** Default: `auto`, which is `cni` where there is a configuration for it, and else `host`: that of the container. */
    networkMode?: "auto" | "host" | "cni" | "bridge";
    /** In the container. Default: `/etc/buildkit/cni.json`. */
    cniConfigPath?: string;
    /** The folder of CNI's programs, in the container. Default: `/opt/cni/bin`. */
    cniBinaryPath?: string;
    /** Network namespaces that are kept ready. Default: 0. */
    cniPoolSize?: number;
    /** With `networkMode` `bridge`. Default: `buildkit0`. */
    bridgeName?: string;
    /** With `networkMode` `bridge`. Default: `10.10.0.0/16`. */
    bridgeSubnet?: string;
}

/** What both kinds of worker have. */
interface WorkerConfig extends GcConfig, WorkerNetworkConfig {
    /** Default: where it works. */
    enabled?: boolean;
    /** What `buildctl debug workers` tells of it. */
    labels?: Record<string, string>;
    /** Platforms to build for. Default: what the machine and its emulators can run. */
    platforms?: string[];
    /** `overlayfs`, `native`, … Default: `auto`. */
    snapshotter?: string;
    /** Default: false. */
    rootless?: boolean;
    /** Steps that run at the same time at most; 0 for no limit. Default: 0. */
    maxParallelism?: number;
    /** TOML's name of {@link maxParallelism}. */
    "max-parallelism"?: number;
    /** A profile of AppArmor that is loaded already. Default: none. */
    apparmorProfile?: string;
    /** TOML's name of {@link apparmorProfile}. */
    "apparmor-profile"?: string;
    /** Label what steps run with for SELinux. Default: false. */
    selinux?: boolean;
    /** The cgroup under which steps run. */
    defaultCgroupParent?: string;
}

export interface OciWorkerConfig extends WorkerConfig {
    /** Run steps in the daemon's own PID namespace, which is for rootless daemons. Default: false. */
    noProcessSandbox?: boolean;
    /** The program that runs containers. Default: `buildkit-runc`, else `runc`. */
    binary?: string;
    /** The socket of a snapshotter of one's own. */
    proxySnapshotterPath?: string;
    /** BuildKit has it for its own tests. */
    userRemapUnsupported?: string;
    /** The configuration of the stargz snapshotter, which is handed on as it is. */
    stargzSnapshotter?: Record<string, unknown>;
}

export interface ContainerdWorkerConfig extends WorkerConfig {
    /** containerd's socket. Default: `/run/containerd/containerd.sock`. */
    address?: string;
    /** Default: `buildkit`. */
    namespace?: string;
    runtime?: ContainerdRuntime;
    /** Hyper-V isolation of Windows containers. Default: false. */
    hypervIsolation?: boolean;
}

export interface ContainerdRuntime {
    /** Such as `io.containerd.runc.v2`. */
    name?: string;
    path?: string;
    /** They are handed on as they are. */
    options?: Record<string, unknown>;
}

/** Which builds are remembered. */
export interface HistoryConfig {
    /** What is younger is. Default: 48 h, where there is no `history` at all. */
    maxAge?: Duration;
    /** So many are, however old; 0 remembers none. Default: 50, where there is no `history` at all. */
    maxEntries?: number;
}

/** Which frontends may be used. Default: both. */
export interface FrontendConfig {
    "dockerfile.v0"?: DockerfileFrontendConfig;
    "gateway.v0"?: GatewayFrontendConfig;
}

export interface DockerfileFrontendConfig {
    enabled?: boolean;
}

export interface GatewayFrontendConfig {
    enabled?: boolean;
    /** Repositories, without tags, that frontends may come from. Default: all. */
    allowedRepositories?: string[];
}

export interface SystemConfig {
    /** How long the list of platforms is taken for true. Default: 20 s. */
    platformsCacheMaxAge?: Duration;
    /** Connections to one registry at a time, at most. Default: 4. */
    maxRegistryConcurrency?: number;
    /** How long a client may take to give its credentials; 0 or less for no limit. Default: 60 s. */
    sessionAuthTimeout?: Duration;
}

/** Where buildkitd is reached beside its own socket, without which buildx does not find it. */
export interface GrpcConfig {
    /** Has to hold `unix:///run/buildkit/buildkitd.sock`, or what `BUILDKIT_HOST` in `env` names. Default: that one. */
    address?: string[];
    /** For Go's profiler and debuggers. */
    debugAddress?: string;
    /** The owner of sockets. */
    uid?: number;
    gid?: number;
    /** The same for pipes of Windows. */
    securityDescriptor?: string;
    tls?: GrpcTlsConfig;
}

/** Paths in the container, to which nothing is copied. */
export interface GrpcTlsConfig {
    cert?: string;
    key?: string;
    ca?: string;
}

export interface OtelConfig {
    /** Where traces are collected. Default: `/run/buildkit/otel-grpc.sock`. */
    socketPath?: string;
}

/** Devices for builds (Container Device Interface). */
export interface CdiConfig {
    /** Default: false. */
    disabled?: boolean;
    /** Default: `/etc/cdi`, `/var/run/cdi`, `/etc/buildkit/cdi`. */
    specDirs?: string[];
    /** Devices that take no entitlement. */
    autoAllowed?: string[];
}

export interface CacheConfig {
    gha?: GhaCacheConfig;
}

/** Signatures of the cache that GitHub Actions keeps. */
export interface GhaCacheConfig {
    sign?: GhaSignConfig;
    verify?: GhaVerifyConfig;
}

export interface GhaSignConfig {
    /** Signs its standard input and writes the signature to its standard output. */
    command?: string[];
}

export interface GhaVerifyConfig {
    /** Default: false. */
    required?: boolean;
    policy?: GhaVerifyPolicy;
}

/** What a signature's certificate has to say (sigstore-go: `certificate.Summary`); `*` stands for any text. */
export interface GhaVerifyPolicy {
    timestampThreshold?: number;
    tlogThreshold?: number;
    certificateIssuer?: string;
    subjectAlternativeName?: string;
    issuer?: string;
    githubWorkflowTrigger?: string;
    githubWorkflowSHA?: string;
    githubWorkflowName?: string;
    githubWorkflowRepository?: string;
    githubWorkflowRef?: string;
    buildSignerURI?: string;
    buildSignerDigest?: string;
    runnerEnvironment?: string;
    sourceRepositoryURI?: string;
    sourceRepositoryDigest?: string;
    sourceRepositoryRef?: string;
    sourceRepositoryIdentifier?: string;
    sourceRepositoryOwnerURI?: string;
    sourceRepositoryOwnerIdentifier?: string;
    buildConfigURI?: string;
    buildConfigDigest?: string;
    buildTrigger?: string;
    runInvocationURI?: string;
    sourceRepositoryVisibilityAtSigning?: string;
}

/** Compaction of BuildKit's databases of metadata, apart from garbage collection. */
export interface CompactionConfig {
    /** Do so by itself. Default: false. */
    enabled?: boolean;
    /** Without any activity before it begins. Default: 1 min. */
    idleTimeout?: Duration;
    /** How often it gives way to a writer before it goes on. Default: 3. */
    maxRetry?: number;
    /** Transactions between two looks at whether it is worth it. Default: 10000. */
    writesPerCheck?: number;
    /** The least size of a database, in bytes. Default: 128 MB. */
    sizeWatermark?: number;
    /** By how much a database has to grow until it is looked at again. Default: 100. */
    sizeGrowthPercent?: number;
    /** What has to be won, in bytes. Default: 256 MB. */
    minReclaimBytes?: number;
    /** The same as a share of the database; one of the two is enough. Default: 30. */
    minReclaimPercent?: number;
    /** Less than this share is never worth it. Default: 10. */
    minReclaimPercentFloor?: number;
}
