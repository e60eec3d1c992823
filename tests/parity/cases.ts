/** A builder that is created twice, with `docker buildx create --bootstrap` and with the resource. */
interface Case {
    /** Arguments of `docker buildx create`. */
    cli: string[];
    /** Arguments of `BuildxBuilder`. */
    args: Record<string, unknown>;
    /** Whether the case needs a network. */
    network?: boolean;
}

const option = (text: string) => ["--driver-opt", text];

/** Each driver option has its own case, with the driver's spelling as its name, and is in the last case. */
export const cases: Record<string, Case> = {
    "no option": { cli: [], args: {} },
    image: {
        cli: option("image=docker.io/moby/buildkit:buildx-stable-1"),
        args: { driverOpts: { image: "docker.io/moby/buildkit:buildx-stable-1" } },
    },
    memory: { cli: option("memory=512m"), args: { driverOpts: { memory: "512m" } } },
    "memory-swap": {
        cli: [...option("memory=512m"), ...option("memory-swap=1.5g")],
        args: { driverOpts: { memory: "512m", memorySwap: "1.5g" } },
    },
    "memory-swap without limit": {
        cli: [...option("memory=512m"), ...option("memory-swap=-1")],
        args: { driverOpts: { memory: "512m", memorySwap: "-1" } },
    },
    "cpu-quota": { cli: option("cpu-quota=50000"), args: { driverOpts: { cpuQuota: 50000 } } },
    "cpu-period": { cli: option("cpu-period=50000"), args: { driverOpts: { cpuPeriod: 50000 } } },
    "cpu-shares": { cli: option("cpu-shares=512"), args: { driverOpts: { cpuShares: 512 } } },
    "cpuset-cpus": { cli: option("cpuset-cpus=0"), args: { driverOpts: { cpusetCpus: "0" } } },
    "cpuset-mems": { cli: option("cpuset-mems=0"), args: { driverOpts: { cpusetMems: "0" } } },
    "default-load": { cli: option("default-load=true"), args: { driverOpts: { defaultLoad: true } } },
    "network host": { cli: option("network=host"), args: { driverOpts: { network: "host" } } },
    "network none": { cli: option("network=none"), args: { driverOpts: { network: "none" } } },
    "network bridge": { cli: option("network=bridge"), args: { driverOpts: { network: "bridge" } } },
    "another container's network": {
        cli: option("network=container:NEIGHBOUR"),
        args: { driverOpts: { network: "container:NEIGHBOUR" } },
    },
    "a network of the user": {
        cli: option("network=NETWORK"),
        args: { driverOpts: { network: "NETWORK" } },
        network: true,
    },
    "cgroup-parent": {
        cli: option("cgroup-parent=/docker/parity"),
        args: { driverOpts: { cgroupParent: "/docker/parity" } },
    },
    "restart-policy": {
        cli: option("restart-policy=on-failure:3"),
        args: { driverOpts: { restartPolicy: "on-failure:3" } },
    },
    "restart-policy no": { cli: option("restart-policy=no"), args: { driverOpts: { restartPolicy: "no" } } },
    env: {
        cli: [...option("env.ONE=1"), ...option('"env.TWO=a,b=c d"')],
        args: { driverOpts: { env: { ONE: "1", TWO: "a,b=c d" } } },
    },
    "provenance-add-gha": {
        cli: option("provenance-add-gha=false"),
        args: { driverOpts: { provenanceAddGha: false } },
    },
    "allow-untrusted-image": {
        cli: option("allow-untrusted-image=true"),
        args: { driverOpts: { allowUntrustedImage: true } },
    },
    "--platform": {
        cli: ["--platform", "linux/arm64,linux/arm/v7,linux/amd64"],
        args: { platforms: ["linux/aarch64", "linux/arm", "linux/amd64"] },
    },
    "--buildkitd-flags": {
        cli: ["--buildkitd-flags", "--debug --oci-max-parallelism 2"],
        args: { buildkitdFlags: ["--debug", "--oci-max-parallelism", "2"] },
    },
    "--buildkitd-flags with an entitlement": {
        cli: ["--buildkitd-flags", "--allow-insecure-entitlement security.insecure"],
        args: { buildkitdFlags: ["--allow-insecure-entitlement", "security.insecure"] },
    },
    "network host with an entitlement": {
        cli: [...option("network=host"), "--buildkitd-flags", "--allow-insecure-entitlement=security.insecure"],
        args: { driverOpts: { network: "host" }, buildkitdFlags: ["--allow-insecure-entitlement=security.insecure"] },
    },
    "all together": {
        cli: [
            ...option("image=moby/buildkit:buildx-stable-1"),
            ...option("memory=768m"),
            ...option("memory-swap=1g"),
            ...option("cpu-quota=80000"),
            ...option("cpu-period=90000"),
            ...option("cpu-shares=700"),
            ...option("cpuset-cpus=0-1"),
            ...option("cpuset-mems=0"),
            ...option("default-load=true"),
            ...option("network=NETWORK"),
            ...option("cgroup-parent=/docker/parity"),
            ...option("restart-policy=always"),
            ...option("env.ONE=1"),
            ...option("provenance-add-gha=false"),
            ...option("allow-untrusted-image=true"),
            "--platform",
            "linux/amd64",
            "--buildkitd-flags",
            "--debug",
        ],
        args: {
            driverOpts: {
                image: "moby/buildkit:buildx-stable-1",
                memory: "768m",
                memorySwap: "1g",
                cpuQuota: 80000,
                cpuPeriod: 90000,
                cpuShares: 700,
                cpusetCpus: "0-1",
                cpusetMems: "0",
                defaultLoad: true,
                network: "NETWORK",
                cgroupParent: "/docker/parity",
                restartPolicy: "always",
                env: { ONE: "1" },
                provenanceAddGha: false,
                allowUntrustedImage: true,
            },
            platforms: ["linux/amd64"],
            buildkitdFlags: ["--debug"],
        },
        network: true,
    },
};
