// The public type `DriverOpts` is derived from this interface. `docker-container/options/table.ts` implements each option.
/**
 * Options of buildx's docker-container driver, in the driver's own value syntax (buildx:
 * `driver/docker-container/factory.go`; docs.docker.com, "Docker container build driver").
 */
export interface DriverOptions {
    /**
     * BuildKit image, `[registry/]repository[:tag][@digest]`.
     * @default "moby/buildkit:buildx-stable-1"
     */
    image?: string;
    /**
     * Memory limit of the container: a number of bytes with an optional unit `b`, `k`, `m` or `g` as docker reads it
     * (docker/go-units, `RAMInBytes`), such as `"512m"` or `"512MiB"`, but not `"512Mi"`. At least `"6m"`.
     * @default no limit
     */
    memory?: string;
    /**
     * Limit of memory and swap together: a size as in `memory`, or `"-1"` for no limit. Requires `memory`, and must be
     * at least as large.
     * @default twice the memory
     */
    memorySwap?: string;
    /**
     * Processor time that the container may use in each `cpuPeriod`, in microseconds. At least 1000.
     * @default no limit
     */
    cpuQuota?: number;
    /**
     * Length of the period of `cpuQuota`, in microseconds, from 1000 to 1000000.
     * @default 100000, the kernel's default
     */
    cpuPeriod?: number;
    /**
     * Weight of the container relative to other containers when CPU time is scarce. At least 2.
     * @default 1024
     */
    cpuShares?: number;
    /**
     * Processors that the container may run on, such as `"0-3"` or `"0,2"`.
     * @default all
     */
    cpusetCpus?: string;
    /**
     * Memory nodes that the container may use, such as `"0-1"`.
     * @default all
     */
    cpusetMems?: string;
    /**
     * Load the result of each build into the engine, unless the build specifies otherwise.
     * @default false
     */
    defaultLoad?: boolean;
    /**
     * Network of the builder's container: `bridge`, `host`, `none`, `container:<name>`, or the name of a network. `RUN`
     * steps use this network too. They resolve the names of its containers only in a build with `--network=host`, or
     * with `dns` (buildkit: `executor/oci/resolvconf.go`).
     * @default "bridge"
     */
    network?: string;
    /**
     * Cgroup under which the engine places the container. Has no effect if systemd manages the engine's cgroups.
     * @default "/docker/buildx"
     */
    cgroupParent?: string;
    /**
     * When the engine restarts the container: `no`, `always`, `unless-stopped` or `on-failure[:times]`.
     * @default "unless-stopped"
     */
    restartPolicy?: string;
    /**
     * Environment variables of buildkitd. Values may be secrets.
     * @default none
     */
    env?: Record<string, string>;
    /**
     * Add the GitHub Actions run that creates the builder to provenance attestations.
     * @default true
     */
    provenanceAddGha?: boolean;
    /**
     * Write into buildx's record that buildx does not check the image against its policy.
     * @default false
     */
    allowUntrustedImage?: boolean;
}

/** Defaults of the driver. */
export const driverDefaults = {
    image: "moby/buildkit:buildx-stable-1",
    restartPolicy: "unless-stopped",
    /** Only if the engine manages cgroups itself (`cgroupfs`). */
    cgroupParent: "/docker/buildx",
} as const;
