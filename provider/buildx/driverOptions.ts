/** Options of buildx's docker-container driver (buildx: `driver/docker-container/factory.go`). */
export interface DriverOptions {
    image?: string;
    memory?: string;
    memorySwap?: string;
    cpuQuota?: number;
    cpuPeriod?: number;
    cpuShares?: number;
    cpusetCpus?: string;
    cpusetMems?: string;
    defaultLoad?: boolean;
    network?: string;
    cgroupParent?: string;
    restartPolicy?: string;
    env?: Record<string, string>;
    provenanceAddGha?: boolean;
    allowUntrustedImage?: boolean;
}

/** The driver's own defaults. */
export const driverDefaults = {
    image: "moby/buildkit:buildx-stable-1",
    restartPolicy: "unless-stopped",
    /** Only where the engine manages cgroups itself (`cgroupfs`). */
    cgroupParent: "/docker/buildx",
} as const;

/** The driver's spelling of each option: `memorySwap` is `memory-swap`. */
export const driverOptionNames = {
    image: "image",
    memory: "memory",
    memorySwap: "memory-swap",
    cpuQuota: "cpu-quota",
    cpuPeriod: "cpu-period",
    cpuShares: "cpu-shares",
    cpusetCpus: "cpuset-cpus",
    cpusetMems: "cpuset-mems",
    defaultLoad: "default-load",
    network: "network",
    cgroupParent: "cgroup-parent",
    restartPolicy: "restart-policy",
    env: "env",
    provenanceAddGha: "provenance-add-gha",
    allowUntrustedImage: "allow-untrusted-image",
} as const satisfies Record<keyof DriverOptions, string>;

/**
 * The options as buildx writes them into its store: what `docker buildx create --driver-opt` was given, as
 * text by option; `null` where nothing was given.
 */
export function toStoredDriverOptions(options: DriverOptions): Record<string, string> | null {
    const stored: Record<string, string> = {};
    for (const [key, option] of Object.entries(driverOptionNames)) {
        const value = options[key as keyof DriverOptions];
        if (value === undefined) continue;
        if (typeof value === "object") {
            for (const [name, text] of Object.entries(value)) stored[`${option}.${name}`] = text;
        } else {
            stored[option] = String(value);
        }
    }
    const inOrder = Object.entries(stored).sort(([a], [b]) => (a < b ? -1 : 1));
    return inOrder.length === 0 ? null : Object.fromEntries(inOrder);
}
