/**
 * What a node's container is made with, in one form for two sources: the arguments that a user wrote and the
 * container that the engine reports. Comparing two of them says what changed.
 */
import type { ContainerInspectInfo, ImageInspectInfo } from "dockerode";
import { configFlags } from "../buildx/configFiles";
import { type DriverOptions, driverDefaults } from "../buildx/driverOptions";
import type { Dns } from "./inputs";
import { formatRestartPolicy, formatSize, parseRestartPolicy, parseSize, parseSwapSize } from "../buildx/values";
import type { EngineTraits } from "../docker/engine";
import { sameImage } from "../docker/imageReference";
import { isOwnLabel } from "../docker/ownership";

/** Limits in the Engine API's units, 0 or "" for none. These change on a running container. */
export interface Limits {
    memory: number;
    /** Memory and swap together; -1 for no limit. The engine's default is twice the memory. */
    memorySwap: number;
    cpuQuota: number;
    cpuPeriod: number;
    cpuShares: number;
    cpusetCpus: string;
    cpusetMems: string;
    /** `on-failure:3` */
    restartPolicy: string;
}

/** What stays as it is for a container's life. */
export interface Fixed {
    image: string;
    /** `bridge` where none was asked for. */
    network: string;
    /** "" for the driver's default. */
    cgroupParent: string;
    env: Record<string, string>;
    flags: string[];
    labels: Record<string, string>;
    extraHosts: Record<string, string>;
    dns: Required<Dns>;
    /** The digest of buildkitd's configuration and the files that belong to it; "" for none. */
    files: string;
}

export interface Settings {
    /** Without those that the engine's host cannot set and therefore drops. */
    readonly limits: Partial<Limits>;
    readonly fixed: Fixed;
    /** What the image itself sets, which holds unless it is overridden. */
    readonly ofImage?: { readonly env: Record<string, string>; readonly labels: Record<string, string> };
}

/** The engine's word on whether its host can set each limit. */
const traitOfLimit: Partial<Record<keyof Limits, keyof EngineTraits>> = {
    memory: "MemoryLimit",
    memorySwap: "SwapLimit",
    cpuQuota: "CpuCfsQuota",
    cpuPeriod: "CpuCfsPeriod",
    cpuShares: "CPUShares",
    cpusetCpus: "CPUSet",
    cpusetMems: "CPUSet",
};

/** Twice the memory, which the engine takes where no limit with swap is given. */
const defaultSwap = (memory: number) => 2 * memory;

const networkMode = (mode: string | undefined) => (!mode || mode === "default" ? "bridge" : mode);

/** What a container is made with that is no option of the driver. */
type NotDriverOptions = Pick<Fixed, "flags" | "labels" | "extraHosts" | "files"> & { dns: Dns };

const noDns: Required<Dns> = { nameservers: [], searchDomains: [], options: [] };

export function settingsOfOptions(
    options: DriverOptions,
    { flags = [], labels = {}, extraHosts = {}, dns = {}, files = "" }: Partial<NotDriverOptions> = {},
): Settings {
    const memory = parseSize(options.memory ?? "0") ?? 0;
    return {
        limits: {
            memory,
            memorySwap: parseSwapSize(options.memorySwap ?? "0") || defaultSwap(memory),
            cpuQuota: options.cpuQuota ?? 0,
            cpuPeriod: options.cpuPeriod ?? 0,
            cpuShares: options.cpuShares ?? 0,
            cpusetCpus: options.cpusetCpus ?? "",
            cpusetMems: options.cpusetMems ?? "",
            restartPolicy: canonicalRestartPolicy(options.restartPolicy ?? driverDefaults.restartPolicy),
        },
        fixed: {
            image: options.image ?? driverDefaults.image,
            network: networkMode(options.network),
            cgroupParent: options.cgroupParent ?? "",
            env: options.env ?? {},
            flags: [...flags],
            labels,
            extraHosts,
            dns: { ...noDns, ...dns },
            files,
        },
    };
}

/** What a container does not tell of itself. */
interface AroundContainer {
    /** What it was made of. */
    readonly image: ImageInspectInfo | undefined;
    readonly engine: EngineTraits;
    readonly network: string;
    /** The digest of what lies in buildkitd's configuration folder. */
    readonly files: string;
}

export function settingsOfContainer(
    container: ContainerInspectInfo,
    { image, engine, network, files }: AroundContainer,
): Settings {
    const { HostConfig: host, Config: config } = container;
    const parent = host.CgroupParent ?? "";
    const isDefaultParent = engine.CgroupDriver !== "cgroupfs" || parent === driverDefaults.cgroupParent;
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
    const ofImage = { env: variables(image?.Config?.Env), labels: image?.Config?.Labels ?? {} };
    return {
        limits: Object.fromEntries(Object.entries(limits).filter(([key]) => canSet(engine, key as keyof Limits))),
        fixed: {
            image: config.Image,
            network,
            cgroupParent: isDefaultParent ? "" : parent,
            env: without(variables(config.Env), (name, value) => ofImage.env[name] === value),
            flags: withoutConfigFlags(config.Cmd ?? []),
            labels: without(config.Labels ?? {}, (key, value) => isOwnLabel(key) || ofImage.labels[key] === value),
            extraHosts: hosts(names.ExtraHosts),
            dns: {
                nameservers: names.Dns ?? [],
                searchDomains: names.DnsSearch ?? [],
                options: names.DnsOptions ?? [],
            },
            files,
        },
        ofImage,
    };
}

function canSet(engine: EngineTraits, limit: keyof Limits): boolean {
    const trait = traitOfLimit[limit];
    return trait === undefined || engine[trait] !== false;
}

const withoutConfigFlags = (flags: string[]) =>
    configFlags.every((flag, index) => flags[index] === flag) ? flags.slice(configFlags.length) : flags;

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

/**
 * The driver's options that describe `found`: each as the user wrote it where it still holds, and otherwise as
 * it is. Options that a container does not show stay as they were asked.
 */
export function optionsOfSettings(found: Settings, asked: DriverOptions): DriverOptions {
    const wanted = settingsOfOptions(asked);
    const { limits, fixed } = found;
    const { memory = 0, memorySwap = 0 } = limits;
    /** What an option reads where it is not as asked; `undefined` where that is its default. */
    const read: Partial<Record<keyof Limits | keyof Fixed, () => unknown>> = {
        memory: () => (memory === 0 ? undefined : formatSize(memory)),
        memorySwap: () => (memorySwap === defaultSwap(memory) ? undefined : formatSwapSize(memorySwap)),
        cpuQuota: () => limits.cpuQuota || undefined,
        cpuPeriod: () => limits.cpuPeriod || undefined,
        cpuShares: () => limits.cpuShares || undefined,
        cpusetCpus: () => limits.cpusetCpus || undefined,
        cpusetMems: () => limits.cpusetMems || undefined,
        restartPolicy: () => unless(limits.restartPolicy, driverDefaults.restartPolicy),
        image: () => unless(fixed.image, driverDefaults.image),
        network: () => unless(fixed.network, "bridge"),
        cgroupParent: () => fixed.cgroupParent || undefined,
        env: () => (Object.keys(fixed.env).length === 0 ? undefined : fixed.env),
    };
    const changed = [...changedLimits(found, wanted), ...changedFixed(found, wanted)];
    const options: Record<string, unknown> = { ...asked };
    for (const key of changed) {
        const reading = read[key];
        if (reading === undefined) continue; // no option of the driver
        const value = reading();
        if (value === undefined) delete options[key];
        else options[key] = value;
    }
    return options;
}

/** Which limits differ, of those that the engine's host can set. */
export const changedLimits = ({ limits: from }: Settings, { limits: to }: Settings): (keyof Limits)[] =>
    (Object.keys(from) as (keyof Limits)[]).filter((key) => key in to && from[key] !== to[key]);

/** Which of the settings differ that a container keeps for its life. */
export function changedFixed({ fixed: from, ofImage }: Settings, { fixed: to }: Settings): (keyof Fixed)[] {
    const same: Record<keyof Fixed, boolean> = {
        image: sameImage(from.image, to.image),
        network: from.network === to.network,
        cgroupParent: from.cgroupParent === to.cgroupParent,
        env: sameEntries({ ...ofImage?.env, ...from.env }, { ...ofImage?.env, ...to.env }),
        flags: JSON.stringify(from.flags) === JSON.stringify(to.flags),
        labels: sameEntries({ ...ofImage?.labels, ...from.labels }, { ...ofImage?.labels, ...to.labels }),
        extraHosts: sameEntries(from.extraHosts, to.extraHosts),
        dns: JSON.stringify(from.dns) === JSON.stringify(to.dns),
        files: from.files === to.files,
    };
    return (Object.keys(same) as (keyof Fixed)[]).filter((key) => !same[key]);
}

function sameEntries(a: Record<string, string>, b: Record<string, string>): boolean {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

const formatSwapSize = (bytes: number) => (bytes === -1 ? "-1" : formatSize(bytes));

const unless = (value: string | undefined, isDefault: string) => (value === isDefault ? undefined : value);

function canonicalRestartPolicy(text: string): string {
    const policy = parseRestartPolicy(text);
    return policy === undefined ? text : formatRestartPolicy(policy);
}
