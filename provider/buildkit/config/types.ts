/**
 * The configuration as an object. This file has only types, so that a user's compiler reads nothing else. The list of
 * keys comes from BuildKit 0.34, `cmd/buildkitd/config/config.go`. The spelling of TOML is accepted as well.
 */
import type { CacheConfig } from "./cacheTypes";
import type { Duration, KeyPair } from "./values";
import type { WorkersConfig } from "./workerTypes";

/**
 * buildkitd's configuration as an object. Keys are the keys of `buildkitd.toml` in camelCase. BuildKit's
 * `docs/buildkitd.toml.md` documents them.
 */
export interface BuildkitdConfig {
    /** Log debug messages. BuildKit's newer name for this option is `log.level`. @default false */
    debug?: boolean;
    /** Log all messages. BuildKit's newer name for this option is `log.level`. @default false */
    trace?: boolean;
    /**
     * Folder in which buildkitd keeps its state. A folder outside `/var/lib/buildkit` is refused, because each update
     * of the builder would lose the cache.
     * @default "/var/lib/buildkit", which is the state volume
     */
    root?: string;
    /**
     * Insecure entitlements that builds may request: `network.host`, `security.insecure`, `device`.
     *
     * Include `network.host` in the list. If the list does not include it and `buildkitdFlags` has no entitlement, the
     * flag `--allow-insecure-entitlement=network.host` is added, as in buildx. A flag replaces the whole list.
     *
     * An empty list allows no entitlement, and no flag is added. buildx itself cannot express this
     * (docker/setup-buildx-action#363).
     * @default none
     */
    entitlements?: string[];
    /** The TOML spelling of {@link entitlements}. */
    "insecure-entitlements"?: string[];
    /** Let builds reach the network only through buildkitd's proxy. @default false */
    proxyNetwork?: boolean;
    /** Folder of extra fields for provenance attestations. @default "/etc/buildkit/provenance.d" */
    provenanceEnvDir?: string;
    log?: LogConfig;
    /** DNS configuration of `RUN` steps. @default the container's DNS configuration */
    dns?: DnsConfig;
    /**
     * Registries, by the host that image names contain, for example `"docker.io"` or `"registry.example:5000"`. A
     * scheme or a path is refused.
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

/** What buildkitd logs, and in which format. */
export interface LogConfig {
    /** Format of the log. @default "text" */
    format?: "text" | "json";
    /** Least severe messages that are logged. @default "info" */
    level?: "trace" | "debug" | "info" | "warn" | "warning" | "error" | "fatal" | "panic";
}

/** DNS configuration of `RUN` steps. */
export interface DnsConfig {
    /** Addresses of name servers. */
    nameservers?: string[];
    /** Domains in which host names without a dot are looked up. */
    searchDomains?: string[];
    /** Options of the resolver, for example `"ndots:2"`. */
    options?: string[];
}

/** How buildkitd connects to a registry, or to a mirror on that host. */
export interface RegistryConfig {
    /** Hosts that buildkitd queries before the registry, in this order. A path may follow: `"cache.example/hub"`. */
    mirrors?: string[];
    /** Use HTTP instead of HTTPS. @default false, except for a loopback host */
    http?: boolean;
    /** Use HTTPS and accept any certificate. @default false */
    insecure?: boolean;
    /** Certificate authorities to trust in addition to the system's, each as the path of a file or as PEM text. */
    ca?: string | string[];
    /** Client certificates for a registry that requests one. */
    keypair?: KeyPair | KeyPair[];
    /** Folders in the container with `*.crt`, `*.cert` and `*.key` files. No files are copied there. */
    tlsConfigDir?: string[];
    /** The TOML spelling of {@link tlsConfigDir}. */
    tlsconfigdir?: string[];
}

/** Records of completed builds that BuildKit keeps. */
export interface HistoryConfig {
    /** Records younger than this are kept. @default 48 hours, if `history` is not set */
    maxAge?: Duration;
    /** Number of records that are kept regardless of their age. 0 keeps none. @default 50, if `history` is not set */
    maxEntries?: number;
}

/** Frontends that builds may use. @default both */
export interface FrontendConfig {
    dockerfileV0?: DockerfileFrontendConfig;
    /** The TOML spelling of {@link dockerfileV0}. */
    "dockerfile.v0"?: DockerfileFrontendConfig;
    gatewayV0?: GatewayFrontendConfig;
    /** The TOML spelling of {@link gatewayV0}. */
    "gateway.v0"?: GatewayFrontendConfig;
}

/** BuildKit's own Dockerfile frontend. */
export interface DockerfileFrontendConfig {
    /** Whether builds may use it. @default true */
    enabled?: boolean;
}

/** Frontends from images (`# syntax=` in a Dockerfile). */
export interface GatewayFrontendConfig {
    /** Whether builds may use them. @default true */
    enabled?: boolean;
    /** Repositories, without tags, from which builds may use frontends. @default all */
    allowedRepositories?: string[];
}

/** Limits of the daemon. */
export interface SystemConfig {
    /** How long buildkitd caches the list of platforms. @default 20 seconds */
    platformsCacheMaxAge?: Duration;
    /** Largest number of concurrent connections to one registry. @default 4 */
    maxRegistryConcurrency?: number;
    /** How long a client may take to send credentials. 0 or less means no limit. @default 60 seconds */
    sessionAuthTimeout?: Duration;
}

/** Addresses of buildkitd in addition to its default socket. buildx needs the default socket. */
export interface GrpcConfig {
    /**
     * Addresses that buildkitd listens on. They must include `unix:///run/buildkit/buildkitd.sock`, or the address in
     * `BUILDKIT_HOST` of `env`.
     * @default that address
     */
    address?: string[];
    /** Address for Go's profiler and debuggers. */
    debugAddress?: string;
    /** Owner of the sockets. */
    uid?: number;
    /** Group of the sockets. */
    gid?: number;
    /** Security descriptor of the named pipes on Windows, in place of `uid` and `gid`. */
    securityDescriptor?: string;
    tls?: GrpcTlsConfig;
}

/** TLS files of buildkitd's addresses: paths in the container. No files are copied there. */
export interface GrpcTlsConfig {
    /** Path of buildkitd's certificate. */
    cert?: string;
    /** Path of the key of that certificate. */
    key?: string;
    /** Path of the authority that signs the certificates of clients. */
    ca?: string;
}

/** Traces of builds. */
export interface OtelConfig {
    /** Socket that collects traces. @default "/run/buildkit/otel-grpc.sock" */
    socketPath?: string;
}

/** Devices for builds (Container Device Interface). */
export interface CdiConfig {
    /** Whether CDI is disabled. @default false */
    disabled?: boolean;
    /** Folders of CDI specifications. @default ["/etc/cdi", "/var/run/cdi", "/etc/buildkit/cdi"] */
    specDirs?: string[];
    /** Devices that builds may use without an entitlement. */
    autoAllowed?: string[];
}

/** Compaction of BuildKit's metadata databases. It is independent of garbage collection. */
export interface CompactionConfig {
    /** Whether buildkitd compacts the databases automatically. @default false */
    enabled?: boolean;
    /** How long there must be no activity before compaction starts. @default 1 minute */
    idleTimeout?: Duration;
    /** How many times compaction yields to a writer before it continues anyway. @default 3 */
    maxRetry?: number;
    /** Number of transactions between two checks whether compaction is worthwhile. @default 10000 */
    writesPerCheck?: number;
    /** Smallest size of a database that is compacted, in bytes. @default 128 MB */
    sizeWatermark?: number;
    /** Growth of a database, in percent, after which it is checked again. @default 100 */
    sizeGrowthPercent?: number;
    /** Number of bytes that compaction must reclaim to be worthwhile. @default 256 MB */
    minReclaimBytes?: number;
    /** The same as {@link minReclaimBytes}, in percent of the database. One of the two is enough. @default 30 */
    minReclaimPercent?: number;
    /** Compaction that reclaims less than this percentage is never worthwhile. @default 10 */
    minReclaimPercentFloor?: number;
}
