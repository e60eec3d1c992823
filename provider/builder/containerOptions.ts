import type { ContainerCreateOptions } from "dockerode";
import { stateFolder } from "../buildkit/stateFolder";
import { configFlags } from "../buildx/configFiles";
import { driverDefaults } from "../buildx/driverOptions";
import { parseRestartPolicy } from "../buildx/values";
import { type EngineTraits, remapsUsers, takesCgroupParent } from "../docker/engine";
import { allGpus, tellsOfGpus } from "../docker/gpus";
import { type Owner, ownerLabels } from "../docker/ownership";
import { wslLibraries } from "../docker/thisHost";
import type { DesiredNode } from "./desired";
import type { Limits } from "./settings";

/**
 * The container that the driver makes for a node (buildx: `driver/docker-container/driver.go`, `create`).
 *
 * @param hadGpus the container in whose place it comes had the engine's GPUs.
 */
export function containerOptions(
    node: DesiredNode,
    owner: Owner,
    engine: EngineTraits,
    hadGpus = false,
): ContainerCreateOptions {
    const { limits, fixed } = node.settings;
    const { memory, memorySwap, cpusetCpus, cpusetMems, cpuQuota, cpuPeriod, cpuShares, restartPolicy } =
        limits as Limits;
    return {
        name: node.container,
        Image: fixed.image,
        Env: Object.entries(fixed.env).map(([name, value]) => `${name}=${value}`),
        Cmd: fixed.files === "" ? fixed.flags : [...configFlags, ...fixed.flags],
        Labels: { ...fixed.labels, ...ownerLabels(owner) },
        HostConfig: {
            Privileged: true,
            Init: true, // ends what BuildKit's own containers leave behind
            RestartPolicy: parseRestartPolicy(restartPolicy),
            Mounts: [
                { Type: "volume", Source: node.volume, Target: stateFolder },
                ...(engine.hasWslLibraries
                    ? [{ Type: "bind" as const, Source: wslLibraries, Target: wslLibraries, ReadOnly: true }]
                    : []),
            ],
            // As `docker run --gpus all`; not in the end if the engine does not give them.
            ...((hadGpus || tellsOfGpus(engine)) && { DeviceRequests: [allGpus] }),
            ...(node.options.network && { NetworkMode: node.options.network }),
            Memory: memory,
            MemorySwap: node.options.memorySwap ? memorySwap : 0,
            CpuQuota: cpuQuota,
            CpuPeriod: cpuPeriod,
            CpuShares: cpuShares,
            CpusetCpus: cpusetCpus,
            CpusetMems: cpusetMems,
            ...(takesCgroupParent(engine) && {
                CgroupParent: fixed.cgroupParent || driverDefaults.cgroupParent,
            }),
            ...(Object.keys(fixed.extraHosts).length > 0 && {
                ExtraHosts: Object.entries(fixed.extraHosts).map(([name, address]) => `${name}:${address}`),
            }),
            ...(fixed.dns.nameservers.length > 0 && { Dns: fixed.dns.nameservers }),
            ...(fixed.dns.searchDomains.length > 0 && { DnsSearch: fixed.dns.searchDomains }),
            ...(fixed.dns.options.length > 0 && { DnsOptions: fixed.dns.options }),
            ...(remapsUsers(engine) && { UsernsMode: "host" }),
        },
    };
}

/** What the engine is told to change the limits of a container that runs. */
export function limitUpdate(limits: Limits): object {
    return {
        Memory: limits.memory,
        MemorySwap: limits.memorySwap,
        CpuQuota: limits.cpuQuota,
        CpuPeriod: limits.cpuPeriod,
        CpuShares: limits.cpuShares,
        CpusetCpus: limits.cpusetCpus,
        CpusetMems: limits.cpusetMems,
        RestartPolicy: parseRestartPolicy(limits.restartPolicy),
    };
}
