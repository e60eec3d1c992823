import type { ContainerCreateOptions, HostConfig } from "dockerode";
import { stateFolder } from "../../../buildkit/stateFolder";
import { configFlags } from "../../../buildkit/config/files";
import { type EngineTraits, remapsUsers } from "../../../docker/engine/engine";
import { allGpus, reportsGpus } from "../../../docker/engine/gpus";
import { type Owner, ownerLabels } from "../../../ownership";
import { wslLibraries } from "../../../docker/engine/thisHost";
import type { DesiredNode } from "../desired";
import { fixedOptions, type Limits, limitOptions } from "../options/groups";
import type { CreatePart } from "../options/option";

/**
 * Returns the options of a node's container, as the driver creates it (buildx: `driver/docker-container/driver.go`,
 * `create`).
 *
 * @param hadGpus whether the container that it replaces had the engine's GPUs.
 */
export function containerOptions(
    node: DesiredNode,
    owner: Owner,
    engine: EngineTraits,
    hadGpus = false,
): ContainerCreateOptions {
    const { fixed } = node.settings;
    const { HostConfig: ofOptions, ...others } = partsOfOptions(node, engine);
    return {
        name: node.container,
        ...others,
        Cmd: fixed.files === "" ? fixed.flags : [...configFlags, ...fixed.flags],
        Labels: { ...fixed.labels, ...ownerLabels(owner) },
        HostConfig: {
            Privileged: true,
            Init: true, // reaps the processes that BuildKit's own containers leave behind
            Mounts: [
                { Type: "volume", Source: node.volume, Target: stateFolder },
                ...(engine.hasWslLibraries
                    ? [{ Type: "bind" as const, Source: wslLibraries, Target: wslLibraries, ReadOnly: true }]
                    : []),
            ],
            // The same as `docker run --gpus all`. `withoutRefusedGpus` removes this if the engine refuses it.
            ...((hadGpus || reportsGpus(engine)) && { DeviceRequests: [allGpus] }),
            ...ofOptions,
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

/** Returns the parts of a new container's options that the driver options set. */
function partsOfOptions({ options, settings: { limits, fixed } }: DesiredNode, engine: EngineTraits): CreatePart {
    const ofFixed = fixedOptions.map(([key, option]) => option.create(fixed[key], engine, options[key]));
    const ofLimits = limitOptions.map(([key, option]): CreatePart => {
        const value = limits[key];
        return { HostConfig: option.create ? option.create(value, options[key]) : option.update(value) };
    });
    return [...ofFixed, ...ofLimits].reduce((all, { HostConfig, ...others }) => ({
        ...all,
        ...others,
        HostConfig: { ...all.HostConfig, ...HostConfig },
    }));
}

/** Returns the fields of the request that updates the limits of a running container. */
export const limitUpdate = (limits: Limits): HostConfig =>
    limitOptions.reduce((all: HostConfig, [key, option]) => ({ ...all, ...option.update(limits[key]) }), {});
