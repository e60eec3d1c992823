/**
 * What a node's container is made with, in one form for two sources: the arguments that a user wrote and the
 * container that the engine reports. Comparing two of them says what changed.
 */
import { type DriverOptions, driverDefaults } from "../buildx/driverOptions";
import type { Dns } from "./inputs";
import {
    canonicalAddress,
    canonicalCpuSet,
    formatRestartPolicy,
    formatSize,
    parseRestartPolicy,
    parseSize,
    parseSwapSize,
} from "../buildx/values";
import { isImageAsked } from "../docker/imageReference";

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
    /** "" for the driver's default; `undefined` where the engine takes none. */
    cgroupParent: string | undefined;
    env: Record<string, string>;
    flags: string[];
    labels: Record<string, string>;
    extraHosts: Record<string, string>;
    dns: Required<Dns>;
    /** The digest of buildkitd's configuration and the files that belong to it; "" for none. */
    files: string;
    /** In what it differs from every container that the driver makes on its engine, such as `GPUs`; "" for nothing. */
    deviations: string;
}

export interface Settings {
    /** Without those that the engine's host cannot set and therefore drops. */
    readonly limits: Partial<Limits>;
    readonly fixed: Fixed;
    /** It was made with GPUs. */
    readonly hasGpus?: boolean;
    /** What the image itself sets, which holds unless it is overridden. */
    readonly ofImage?: { readonly env: Record<string, string>; readonly labels: Record<string, string> };
}

/** Twice the memory, which the engine takes where no limit with swap is given. */
export const defaultSwap = (memory: number) => 2 * memory;

/** "" for the driver's default. */
export const ownCgroupParent = (parent = ""): string => (parent === driverDefaults.cgroupParent ? "" : parent);

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
            cgroupParent: ownCgroupParent(options.cgroupParent),
            env: options.env ?? {},
            flags: [...flags],
            labels,
            extraHosts,
            dns: { ...noDns, ...dns },
            files,
            deviations: "",
        },
    };
}

/**
 * The driver's options that describe `found`: each as the user wrote it where it still holds, and otherwise as
 * it is. Options that a container does not show stay as they were asked.
 */
export function optionsOfSettings(found: Settings, asked: DriverOptions): DriverOptions {
    const wanted = settingsOfOptions(asked);
    const { limits, fixed } = found;
    const { memory = 0, memorySwap = 0 } = limits;
    /** What an option reads where it is not as asked; `undefined` where that is its default. */
    const read: Record<keyof Limits | keyof Fixed, (() => unknown) | undefined> = {
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
        // These are no options of the driver.
        flags: undefined,
        labels: undefined,
        extraHosts: undefined,
        dns: undefined,
        files: undefined,
        deviations: undefined,
    };
    const changed = [...changedLimits(found, wanted), ...changedFixed(found, wanted)];
    const options: Record<string, unknown> = { ...asked };
    for (const key of changed) {
        const reading = read[key];
        if (reading === undefined) continue;
        const value = reading();
        if (value === undefined) delete options[key];
        else options[key] = value;
    }
    return options;
}

/** Which limits differ, of those that the engine's host can set. */
export const changedLimits = ({ limits: from }: Settings, { limits: to }: Settings): (keyof Limits)[] =>
    (Object.keys(from) as (keyof Limits)[]).filter((key) => key in to && !sameLimit(key, from[key], to[key]));

function sameLimit(key: keyof Limits, a: string | number | undefined, b: string | number | undefined): boolean {
    const isList = key === "cpusetCpus" || key === "cpusetMems";
    return a === b || (isList && canonicalCpuSet(String(a)) === canonicalCpuSet(String(b)));
}

/** Which of the settings differ that a container keeps for its life. */
export function changedFixed({ fixed: from, ofImage }: Settings, { fixed: to }: Settings): (keyof Fixed)[] {
    const same: Record<keyof Fixed, boolean> = {
        image: isImageAsked(from.image, to.image),
        network: from.network === to.network,
        cgroupParent: from.cgroupParent === undefined || from.cgroupParent === to.cgroupParent,
        env: sameEntries({ ...ofImage?.env, ...from.env }, { ...ofImage?.env, ...to.env }),
        flags: JSON.stringify(from.flags) === JSON.stringify(to.flags),
        labels: sameEntries({ ...ofImage?.labels, ...from.labels }, { ...ofImage?.labels, ...to.labels }),
        extraHosts: sameEntries(withAddresses(from.extraHosts), withAddresses(to.extraHosts)),
        dns: JSON.stringify(canonicalDns(from.dns)) === JSON.stringify(canonicalDns(to.dns)),
        files: from.files === to.files,
        deviations: from.deviations === to.deviations,
    };
    return (Object.keys(same) as (keyof Fixed)[]).filter((key) => !same[key]);
}

const withAddresses = (hosts: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(hosts).map(([name, address]) => [name, canonicalAddress(address)]));

/** From Docker 29 on the engine writes addresses in their shortest form. */
const canonicalDns = ({ nameservers, searchDomains, options }: Required<Dns>) => [
    nameservers.map(canonicalAddress),
    searchDomains,
    options,
];

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
