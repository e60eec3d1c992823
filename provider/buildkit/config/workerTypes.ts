/** The `worker` part of buildkitd's configuration: types only, as in `types.ts`. */
import type { DiskSpace, Duration } from "./values";

/** Workers that run builds. */
export interface WorkersConfig {
    /** The worker that builders of the docker-container driver use. */
    oci?: OciWorkerConfig;
    /** Refused if it is enabled without an `address`, because BuildKit's images do not contain containerd. */
    containerd?: ContainerdWorkerConfig;
}

/** Garbage collection: what buildkitd removes from its cache, and when. */
export interface GcConfig {
    /** Whether buildkitd collects garbage automatically. @default true */
    gc?: boolean;
    /** Size of the cache that the default policy never removes. @default a tenth of the disk, at most 10 GB */
    reservedSpace?: DiskSpace;
    /** Largest size of the cache under the default policy. @default four fifths of the disk, at most 100 GB */
    maxUsedSpace?: DiskSpace;
    /** Disk space that the default policy tries to keep free. @default a fifth of the disk */
    minFreeSpace?: DiskSpace;
    /** The former name of {@link reservedSpace}. */
    gcKeepStorage?: DiskSpace;
    /** The TOML spelling of {@link gcKeepStorage}. */
    gckeepstorage?: DiskSpace;
    /** Rules that replace the default policy. The last rule needs an upper bound, or the cache grows without limit. */
    gcPolicy?: GcPolicy[];
    /** The TOML spelling of {@link gcPolicy}. */
    gcpolicy?: GcPolicy[];
}

/** A rule of garbage collection. buildkitd applies the rules in order. */
export interface GcPolicy {
    /** Whether the rule also removes records that BuildKit itself needs. @default false */
    all?: boolean;
    /** Filters, for example `"type==source.local"`. A record has to match at least one of them. @default all records */
    filters?: string[];
    /** Records used within this time are kept. @default 0 */
    keepDuration?: Duration;
    /** Size of the cache that this rule never removes. @default 0 */
    reservedSpace?: DiskSpace;
    /** The rule removes records if the cache is larger than this. @default no limit */
    maxUsedSpace?: DiskSpace;
    /** Disk space that the rule tries to keep free. @default no limit */
    minFreeSpace?: DiskSpace;
    /** The former name of {@link reservedSpace}. */
    keepBytes?: DiskSpace;
}

/** The network of `RUN` steps. */
export interface WorkerNetworkConfig {
    /**
     * Network mode. `auto` is `cni` if a CNI configuration exists, and otherwise `host`, the network of the container.
     * @default "auto"
     */
    networkMode?: "auto" | "host" | "cni" | "bridge";
    /** Path of the CNI configuration in the container. @default "/etc/buildkit/cni.json" */
    cniConfigPath?: string;
    /** Folder of the CNI programs in the container. @default "/opt/cni/bin" */
    cniBinaryPath?: string;
    /** Number of network namespaces that are kept ready. @default 0 */
    cniPoolSize?: number;
    /** Name of the bridge if `networkMode` is `bridge`. @default "buildkit0" */
    bridgeName?: string;
    /** Subnet of the bridge if `networkMode` is `bridge`. @default "10.10.0.0/16" */
    bridgeSubnet?: string;
}

/** Options of both kinds of worker. */
interface WorkerConfig extends GcConfig, WorkerNetworkConfig {
    /** Whether the worker is enabled. @default enabled if the worker can run */
    enabled?: boolean;
    /** Labels that `buildctl debug workers` shows for the worker. */
    labels?: Record<string, string>;
    /** Platforms to build for. @default the platforms that the machine and its emulators can run */
    platforms?: string[];
    /** Snapshotter: `overlayfs`, `native`, … @default "auto" */
    snapshotter?: string;
    /** Whether the worker runs without root privileges. @default false */
    rootless?: boolean;
    /** Largest number of steps that run concurrently. 0 means no limit. @default 0 */
    maxParallelism?: number;
    /** The TOML spelling of {@link maxParallelism}. */
    "max-parallelism"?: number;
    /** AppArmor profile for the steps. The profile must already be loaded. @default none */
    apparmorProfile?: string;
    /** The TOML spelling of {@link apparmorProfile}. */
    "apparmor-profile"?: string;
    /** Add SELinux labels to the containers of steps. @default false */
    selinux?: boolean;
    /** Cgroup under which steps run. */
    defaultCgroupParent?: string;
}

/** The worker that runs builds with runc. Builders of the docker-container driver use it. */
export interface OciWorkerConfig extends WorkerConfig {
    /** Run steps in the PID namespace of the daemon. Intended for rootless daemons. @default false */
    noProcessSandbox?: boolean;
    /** Program that runs containers. @default `buildkit-runc`, or `runc` if `buildkit-runc` does not exist */
    binary?: string;
    /** Socket of a custom snapshotter. */
    proxySnapshotterPath?: string;
    /** BuildKit uses this option only for its own tests. */
    userRemapUnsupported?: string;
    /** Configuration of the stargz snapshotter. It is passed on unchanged. */
    stargzSnapshotter?: Record<string, unknown>;
}

/** The worker that runs builds with containerd. */
export interface ContainerdWorkerConfig extends WorkerConfig {
    /** Socket of containerd. @default "/run/containerd/containerd.sock" */
    address?: string;
    /** Namespace in containerd. @default "buildkit" */
    namespace?: string;
    runtime?: ContainerdRuntime;
    /** Use Hyper-V isolation for Windows containers. @default false */
    hypervIsolation?: boolean;
}

/** The runtime of containerd that runs the steps. */
export interface ContainerdRuntime {
    /** Name of the runtime, for example `"io.containerd.runc.v2"`. */
    name?: string;
    /** Path of the runtime's program. */
    path?: string;
    /** Options of the runtime. They are passed on unchanged. */
    options?: Record<string, unknown>;
}
