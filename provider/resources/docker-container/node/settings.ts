/**
 * The settings of a node's container, in one form for two sources: the arguments that a user wrote, and the container
 * that the engine reports. A comparison of two such settings shows what changed.
 */
import type { DriverOptions } from "../../../buildx/driverOptions";
import { canonicalAddress } from "../../../text/dockerValues";
import { sameEntries } from "./entries";
import type { Dns } from "../args";
import { type FixedOptions, fixedOptions, type Limits, limitOptions } from "../options/groups";
import type { ImageDefaults } from "../options/option";

/** Settings that a container keeps for its lifetime and that are not driver options. */
export interface FixedArguments {
    flags: string[];
    labels: Record<string, string>;
    extraHosts: Record<string, string>;
    dns: Required<Dns>;
    /** Digest of buildkitd's configuration and the files that belong to it; "" for none. */
    files: string;
    /**
     * How the container differs from every container that the driver creates on its engine, for example `GPUs`; "" if
     * it does not.
     */
    deviations: string;
}

/** Settings that a container keeps for its lifetime. */
export type Fixed = FixedOptions & FixedArguments;

export interface Settings {
    /** The limits, without those that the engine's host cannot set and that the engine therefore ignores. */
    readonly limits: Partial<Limits>;
    readonly fixed: Fixed;
    /** Whether the container was created with GPUs. */
    readonly hasGpus?: boolean;
    readonly ofImage?: ImageDefaults;
}

/** The arguments that describe a container and are not driver options. */
type OtherArguments = Omit<FixedArguments, "dns" | "deviations"> & { dns: Dns };

const noDns: Required<Dns> = { nameservers: [], searchDomains: [], options: [] };

export function settingsOfOptions(
    options: DriverOptions,
    { flags = [], labels = {}, extraHosts = {}, dns = {}, files = "" }: Partial<OtherArguments> = {},
): Settings {
    const limits = limitOptions.map(([key, option]) => [key, option.parse(options[key], options)]);
    const fixed = fixedOptions.map(([key, option]) => [key, option.parse(options[key], options)]);
    return {
        limits: Object.fromEntries(limits) as Limits,
        fixed: {
            ...(Object.fromEntries(fixed) as FixedOptions),
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
 * Returns the driver options that describe `found`. An option that still holds keeps the spelling of the user. Options
 * that a container does not show keep the value in the arguments.
 */
export function optionsOfSettings(found: Settings, asked: DriverOptions): DriverOptions {
    const wanted = settingsOfOptions(asked);
    const changed: string[] = [...changedLimits(found, wanted), ...changedFixed(found, wanted)];
    const values: Record<string, unknown> = { ...found.limits, ...found.fixed };
    const options: Record<string, unknown> = { ...asked };
    for (const [key, option] of [...limitOptions, ...fixedOptions]) {
        if (!changed.includes(key)) continue;
        const value = option.format(values[key], found.limits);
        if (value === undefined) delete options[key];
        else options[key] = value;
    }
    return options;
}

/** Returns the limits that differ, out of the limits that the engine's host can set. */
export const changedLimits = ({ limits: from, ofImage }: Settings, { limits: to }: Settings): (keyof Limits)[] =>
    limitOptions
        .filter(([key, { same = isSame }]) => key in from && key in to && !same(from[key], to[key], ofImage))
        .map(([key]) => key);

/** Returns the settings that differ, out of the settings that a container keeps for its lifetime. */
export function changedFixed({ fixed: from, ofImage }: Settings, { fixed: to }: Settings): (keyof Fixed)[] {
    const options = fixedOptions.filter(([key, { same = isSame }]) => !same(from[key], to[key], ofImage));
    const sameArgument: Record<keyof FixedArguments, boolean> = {
        flags: JSON.stringify(from.flags) === JSON.stringify(to.flags),
        labels: sameEntries({ ...ofImage?.labels, ...from.labels }, { ...ofImage?.labels, ...to.labels }),
        extraHosts: sameEntries(withAddresses(from.extraHosts), withAddresses(to.extraHosts)),
        dns: JSON.stringify(canonicalDns(from.dns)) === JSON.stringify(canonicalDns(to.dns)),
        files: from.files === to.files,
        deviations: from.deviations === to.deviations,
    };
    const others = (Object.keys(sameArgument) as (keyof FixedArguments)[]).filter((key) => !sameArgument[key]);
    return [...options.map(([key]) => key), ...others];
}

export type Setting = keyof Fixed | keyof Limits;

/** Returns the settings that differ. */
export const changedSettings = (from: Settings, to: Settings): Setting[] => [
    ...changedFixed(from, to),
    ...changedLimits(from, to),
];

const isSame = (a: unknown, b: unknown) => a === b;

const withAddresses = (hosts: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(hosts).map(([name, address]) => [name, canonicalAddress(address)]));

/**
 * Returns the DNS settings in a form to compare. Since Docker 29, the engine writes addresses in their shortest form.
 */
const canonicalDns = ({ nameservers, searchDomains, options }: Required<Dns>) => [
    nameservers.map(canonicalAddress),
    searchDomains,
    options,
];
