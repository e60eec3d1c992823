/**
 * The driver options, each with everything that this package does with it. A new option needs a line with its docstring
 * in `buildx/driverOptions.ts` and an entry here. The tests then require its cases.
 */
import { type DriverOptions, driverDefaults } from "../../../buildx/driverOptions";
import {
    canonicalCpuSet,
    formatRestartPolicy,
    formatSize,
    parseRestartPolicy,
    parseSize,
    parseSwapSize,
} from "../../../text/dockerValues";
import { takesCgroupParent } from "../../../docker/engine/engine";
import { isImageAsked } from "../../../registry/imageReference";
import { legalImage } from "../../../args/image";
import { flag } from "../../../args/rules";
import { quote } from "../../../text/quote";
import { sameEntries, variables, without } from "../node/entries";
import { inPlace, type Option, recordOnly, recreate } from "./option";
import {
    cpuSet,
    environment,
    memorySize,
    oneWord,
    restartPolicy as legalRestartPolicy,
    swapSize,
    wholeNumber,
} from "./rules";

type Variables = Record<string, string>;

const parseMemory = (text: string | undefined) => parseSize(text ?? "0") ?? 0;

/** Returns the engine's default limit of memory and swap together: twice the memory. */
const defaultSwap = (memory: number) => 2 * memory;

const formatSwapSize = (bytes: number) => (bytes === -1 ? "-1" : formatSize(bytes));

const unless = (value: string, isDefault: string) => (value === isDefault ? undefined : value);

const canonicalRestartPolicy = (text: string): string => {
    const policy = parseRestartPolicy(text);
    return policy === undefined ? text : formatRestartPolicy(policy);
};

const networkMode = (mode: string | undefined) => (!mode || mode === "default" ? "bridge" : mode);

/** Returns "" for the driver's default. */
const ownCgroupParent = (parent = ""): string => (parent === driverDefaults.cgroupParent ? "" : parent);

const sameCpuSet = (a: string, b: string) => canonicalCpuSet(a) === canonicalCpuSet(b);

export const driverOptions = {
    image: recreate<string, string>({
        buildx: "image",
        rule: legalImage(driverDefaults.image),
        parse: (name) => name ?? driverDefaults.image,
        format: (name) => unless(name, driverDefaults.image),
        create: (Image) => ({ Image }),
        read: ({ Config }) => Config.Image,
        same: isImageAsked,
    }),
    memory: inPlace<string, number>({
        buildx: "memory",
        rule: memorySize,
        trait: "MemoryLimit",
        parse: parseMemory,
        format: (bytes) => (bytes === 0 ? undefined : formatSize(bytes)),
        update: (Memory) => ({ Memory }),
        read: ({ HostConfig: host }) => host.Memory ?? 0,
    }),
    /** In bytes; -1 for no limit. */
    memorySwap: inPlace<string, number>({
        buildx: "memory-swap",
        rule: swapSize,
        trait: "SwapLimit",
        parse: (text, { memory }) => parseSwapSize(text ?? "0") || defaultSwap(parseMemory(memory)),
        format: (bytes, { memory = 0 }) => (bytes === defaultSwap(memory) ? undefined : formatSwapSize(bytes)),
        update: (MemorySwap) => ({ MemorySwap }),
        create: (bytes, text) => ({ MemorySwap: text ? bytes : 0 }),
        read: ({ HostConfig: host }) => host.MemorySwap || defaultSwap(host.Memory ?? 0),
    }),
    cpuQuota: inPlace<number, number>({
        buildx: "cpu-quota",
        rule: wholeNumber(
            (value) => `${quote(value)} is not a valid CPU quota: must be a whole number of microseconds, 1000 or more`,
            1000,
        ),
        trait: "CpuCfsQuota",
        parse: (microseconds) => microseconds ?? 0,
        format: (microseconds) => microseconds || undefined,
        update: (CpuQuota) => ({ CpuQuota }),
        read: ({ HostConfig: host }) => host.CpuQuota ?? 0,
    }),
    cpuPeriod: inPlace<number, number>({
        buildx: "cpu-period",
        rule: wholeNumber(
            (value) =>
                `${quote(value)} is not a valid CPU period: must be a whole number of microseconds from 1000 to 1000000`,
            1000,
            1_000_000,
        ),
        trait: "CpuCfsPeriod",
        parse: (microseconds) => microseconds ?? 0,
        format: (microseconds) => microseconds || undefined,
        update: (CpuPeriod) => ({ CpuPeriod }),
        read: ({ HostConfig: host }) => host.CpuPeriod ?? 0,
    }),
    cpuShares: inPlace<number, number>({
        buildx: "cpu-shares",
        rule: wholeNumber(
            (value) => `${quote(value)} is not a valid number of CPU shares: must be a whole number, 2 or more`,
            2,
        ),
        trait: "CPUShares",
        parse: (shares) => shares ?? 0,
        format: (shares) => shares || undefined,
        update: (CpuShares) => ({ CpuShares }),
        read: ({ HostConfig: host }) => host.CpuShares ?? 0,
    }),
    cpusetCpus: inPlace<string, string>({
        buildx: "cpuset-cpus",
        rule: cpuSet(
            (value) =>
                `${quote(value)} is not a valid list of processors: must be numbers or ranges, for example "0-3" or "0,2"`,
        ),
        trait: "CPUSet",
        parse: (list) => list ?? "",
        format: (list) => list || undefined,
        update: (CpusetCpus) => ({ CpusetCpus }),
        read: ({ HostConfig: host }) => host.CpusetCpus ?? "",
        same: sameCpuSet,
    }),
    cpusetMems: inPlace<string, string>({
        buildx: "cpuset-mems",
        rule: cpuSet(
            (value) =>
                `${quote(value)} is not a valid list of memory nodes: must be numbers or ranges, for example "0-1" or "0"`,
        ),
        trait: "CPUSet",
        parse: (list) => list ?? "",
        format: (list) => list || undefined,
        update: (CpusetMems) => ({ CpusetMems }),
        read: ({ HostConfig: host }) => host.CpusetMems ?? "",
        same: sameCpuSet,
    }),
    defaultLoad: recordOnly<boolean>({ buildx: "default-load", rule: flag }),
    network: recreate<string, string>({
        buildx: "network",
        rule: oneWord((value) => `${quote(value)} is not a valid network name: must not be empty or contain spaces`),
        parse: networkMode,
        format: (mode) => unless(mode, "bridge"),
        create: (_, __, text) => (text ? { HostConfig: { NetworkMode: text } } : {}),
        read: (_, { network }) => network,
    }),
    /** "" for the driver's default. `undefined` if the engine accepts no path; a container then shows none. */
    cgroupParent: recreate<string, string | undefined>({
        buildx: "cgroup-parent",
        rule: oneWord((value) => `${quote(value)} is not a valid cgroup path: must not be empty or contain spaces`),
        parse: ownCgroupParent,
        format: (path) => path || undefined,
        create: (path, engine) =>
            takesCgroupParent(engine) ? { HostConfig: { CgroupParent: path || driverDefaults.cgroupParent } } : {},
        read: ({ HostConfig }, { engine }) =>
            takesCgroupParent(engine) ? ownCgroupParent(HostConfig.CgroupParent) : undefined,
        same: (found, wanted) => found === undefined || found === wanted,
    }),
    /** For example `on-failure:3`. */
    restartPolicy: inPlace<string, string>({
        buildx: "restart-policy",
        rule: legalRestartPolicy,
        trait: undefined,
        parse: (text) => canonicalRestartPolicy(text ?? driverDefaults.restartPolicy),
        format: (policy) => unless(policy, driverDefaults.restartPolicy),
        update: (policy) => ({ RestartPolicy: parseRestartPolicy(policy) }),
        read: ({ HostConfig: { RestartPolicy: policy } }) =>
            formatRestartPolicy({ Name: policy?.Name ?? "", MaximumRetryCount: policy?.MaximumRetryCount ?? 0 }),
    }),
    env: recreate<Variables, Variables>({
        buildx: "env",
        rule: environment,
        parse: (env) => env ?? {},
        format: (env) => (Object.keys(env).length === 0 ? undefined : env),
        create: (env) => ({ Env: Object.entries(env).map(([name, value]) => `${name}=${value}`) }),
        // A variable of the image is not an option unless the option sets another value.
        read: ({ Config }, { ofImage }) => without(variables(Config.Env), (name, value) => ofImage.env[name] === value),
        same: (found, wanted, ofImage) => sameEntries({ ...ofImage?.env, ...found }, { ...ofImage?.env, ...wanted }),
    }),
    provenanceAddGha: recordOnly<boolean>({ buildx: "provenance-add-gha", rule: flag }),
    allowUntrustedImage: recordOnly<boolean>({ buildx: "allow-untrusted-image", rule: flag }),
} satisfies { [Key in keyof Required<DriverOptions>]: Option<Required<DriverOptions>[Key]> };
