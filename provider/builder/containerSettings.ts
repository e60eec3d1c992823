/** What the container that the engine reports was made with, in the form of `settings.ts`. */
import type { ContainerInspectInfo, ImageInspectInfo } from "dockerode";
import { configFlags, hasConfigFlags } from "../buildx/configFiles";
import { formatRestartPolicy } from "../buildx/values";
import { type EngineTraits, takesCgroupParent } from "../docker/engine";
import { gpusOf, tellsOfGpus } from "../docker/gpus";
import { isDesktopLabel, isOwnLabel, wasRefusedGpus } from "../docker/ownership";
import { podmanVariables } from "../docker/podman";
import { wslLibraries } from "../docker/thisHost";
import { defaultSwap, type Fixed, type Limits, ownCgroupParent, type Settings } from "./settings";

/** The engine's word on whether its host can set each limit; `undefined` for one that every host can set. */
const traitOfLimit: Record<keyof Limits, keyof EngineTraits | undefined> = {
    memory: "MemoryLimit",
    memorySwap: "SwapLimit",
    cpuQuota: "CpuCfsQuota",
    cpuPeriod: "CpuCfsPeriod",
    cpuShares: "CPUShares",
    cpusetCpus: "CPUSet",
    cpusetMems: "CPUSet",
    restartPolicy: undefined,
};

/** What a container does not tell of itself. */
export interface AroundContainer {
    /** What it was made of. */
    readonly image: ImageInspectInfo | undefined;
    readonly engine: EngineTraits;
    readonly isPodman: boolean;
    readonly network: string;
    /** The digest of what lies in buildkitd's configuration folder and is not of the image. */
    readonly files: string;
    /** Those that it is to have. */
    readonly asked: Pick<Fixed, "flags" | "files" | "labels">;
}

export function settingsOfContainer(
    container: ContainerInspectInfo,
    { image, engine, isPodman, network, files, asked }: AroundContainer,
): Settings {
    const { HostConfig: host, Config: config } = container;
    const limits: Limits = {
        memory: host.Memory ?? 0,
        memorySwap: host.MemorySwap || defaultSwap(host.Memory ?? 0),
        cpuQuota: host.CpuQuota ?? 0,
        cpuPeriod: host.CpuPeriod ?? 0,
        cpuShares: host.CpuShares ?? 0,
        cpusetCpus: host.CpusetCpus ?? "",
        cpusetMems: host.CpusetMems ?? "",
        restartPolicy: formatRestartPolicy({
            Name: host.RestartPolicy?.Name ?? "",
            MaximumRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0,
        }),
    };
    const names = host as Partial<Record<"ExtraHosts" | "Dns" | "DnsSearch" | "DnsOptions", string[] | null>>;
    const env = variables(config.Env);
    const ofImage = {
        env: { ...(isPodman && podmanVariables(container, env)), ...variables(image?.Config?.Env) },
        labels: image?.Config?.Labels ?? {},
    };
    const isForeign = (key: string) => isOwnLabel(key) || (isDesktopLabel(key) && !(key in asked.labels));
    return {
        limits: Object.fromEntries(Object.entries(limits).filter(([key]) => canSet(engine, key as keyof Limits))),
        fixed: {
            image: config.Image,
            network,
            cgroupParent: takesCgroupParent(engine) ? ownCgroupParent(host.CgroupParent) : undefined,
            env: without(env, (name, value) => ofImage.env[name] === value),
            flags: isConfigOfImage(asked) ? (config.Cmd ?? []) : withoutConfigFlags(config.Cmd ?? []),
            labels: without(config.Labels ?? {}, (key, value) => isForeign(key) || ofImage.labels[key] === value),
            extraHosts: hosts(names.ExtraHosts),
            dns: {
                nameservers: names.Dns ?? [],
                searchDomains: names.DnsSearch ?? [],
                options: names.DnsOptions ?? [],
            },
            files,
            deviations: [
                ...lackingGpus(container, engine, isPodman),
                ...lackingWsl(container, engine),
                ...(host.NanoCpus ? ["--cpus"] : []), // given by hand; the engine then takes no cpuQuota any more
            ].join(", "),
        },
        hasGpus: gpusOf(container) !== "none",
        ofImage,
    };
}

/** The arguments that were asked for name the configuration that lies in the image. */
const isConfigOfImage = ({ flags, files }: AroundContainer["asked"]): boolean => files === "" && hasConfigFlags(flags);

/** GPUs that the engine tells of, and that the container has not; those for which one was made without ever stay so. */
function lackingGpus(container: ContainerInspectInfo, engine: EngineTraits, isPodman: boolean): string[] {
    const gpus = gpusOf(container);
    if (gpus === "all" || isPodman) return [];
    return gpus === "other" || (tellsOfGpus(engine) && !wasRefusedGpus(container.Config.Labels)) ? ["GPUs"] : [];
}

function lackingWsl({ Mounts: mounts }: ContainerInspectInfo, { hasWslLibraries = false }: EngineTraits): string[] {
    const isMounted = (mounts ?? []).some(({ Destination: path }) => path === wslLibraries);
    return hasWslLibraries && !isMounted ? [wslLibraries] : [];
}

function canSet(engine: EngineTraits, limit: keyof Limits): boolean {
    const trait = traitOfLimit[limit];
    return trait === undefined || engine[trait] !== false;
}

const withoutConfigFlags = (flags: string[]) => (hasConfigFlags(flags) ? flags.slice(configFlags.length) : flags);

/** `name:address` as an entry by name. */
const hosts = (extraHosts: string[] | null | undefined): Record<string, string> =>
    Object.fromEntries(
        (extraHosts ?? []).map((host) => {
            const at = host.search(/[:=]/);
            return [host.slice(0, at), host.slice(at + 1)];
        }),
    );

const variables = (env: string[] | null | undefined): Record<string, string> =>
    Object.fromEntries(
        (env ?? []).map((variable) => {
            const at = variable.indexOf("=");
            return at < 0 ? [variable, ""] : [variable.slice(0, at), variable.slice(at + 1)];
        }),
    );

const without = (entries: Record<string, string>, drop: (key: string, value: string) => boolean) =>
    Object.fromEntries(Object.entries(entries).filter(([key, value]) => !drop(key, value)));
