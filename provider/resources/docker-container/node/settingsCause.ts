/** Which arguments cause a difference between a container and its desired settings. */
import type { Cause } from "../../../bridges/lifecycle";
import type { DesiredNode } from "../desired";
import { type Limits, limitOptions } from "../options/groups";
import { argumentName, changedArguments, type ChangedArguments } from "./causes";
import type { PreviousNode } from "../previous";
import { changedSettings, type FixedArguments, type Setting, type Settings } from "./settings";
import { type ArgumentKeys, hasArgument, pathOf } from "./written";

/** The arguments from which a setting is computed. A setting without an entry is the driver option of its name. */
const argumentsOf: Readonly<Record<keyof FixedArguments, readonly ArgumentKeys[]>> = {
    flags: [["buildkitdFlags"]],
    labels: [["labels"]],
    extraHosts: [["extraHosts"]],
    dns: [["dns"]],
    files: [["buildkitdConfig"], ["gc"], ["dns"]],
    deviations: [],
};

/** Descriptions of settings that differ although no argument changed. */
const described: Partial<Record<Setting, string>> = {
    files: "buildkitdConfig or a file that it names",
    deviations: "what buildx gives every builder (the host's GPUs, WSL's libraries, no --cpus)",
};

/** One difference between a container and its desired settings. */
interface Difference extends ChangedArguments {
    readonly setting: Setting;
    /** Whether the container differs from arguments that did not change. */
    readonly isDrift: boolean;
}

/** What Pulumi's state has of a node's settings. */
export type SettingsBefore = Pick<PreviousNode, "desired" | "drifted">;

/**
 * Returns why a container differs from a node's settings.
 *
 * @param previous the node in Pulumi's state. `undefined` if the state does not have the node.
 */
export function settingsCause(desired: DesiredNode, previous: SettingsBefore | undefined, found: Settings): Cause {
    const before = previous?.desired;
    const asked = new Set(before && changedSettings(before.settings, desired.settings));
    const differences = changedSettings(found, desired.settings).map((setting): Difference => {
        const isDrift =
            before !== undefined &&
            (setting === "deviations" || !asked.has(setting) || previous?.drifted.includes(setting) === true);
        const changed =
            before === undefined || isDrift
                ? foundArguments(setting, desired, before, found)
                : changedArguments(keysOf(setting), desired, before);
        return { setting, isDrift, ...changed };
    });
    // A setting may follow from another argument: the limit of swap from `memory`, or a flag from `network`.
    const caused = differences.filter(({ isDrift, properties }) => isDrift || properties.length > 0);
    const shown = caused.length > 0 ? caused : differences.map((each) => withArguments(each, desired, before, found));
    const namesOf = (isRemoved: boolean) => [
        ...new Set(shown.filter((each) => isRemovedLimit(each, desired) === isRemoved).flatMap(({ names }) => names)),
    ];
    const texts = [
        [namesOf(false), "changed"],
        [namesOf(true), "removed"],
    ] as const;
    return {
        why: texts.flatMap(([names, verb]) => (names.length > 0 ? [`${names.join(", ")} ${verb}`] : [])).join(", "),
        properties: [...new Set(shown.flatMap(({ properties }) => properties))],
        isDrift: shown.every(({ isDrift }) => isDrift),
    };
}

const withArguments = (
    difference: Difference,
    desired: DesiredNode,
    before: DesiredNode | undefined,
    found: Settings,
): Difference => ({ ...difference, ...foundArguments(difference.setting, desired, before, found) });

const isRemovedLimit = ({ setting }: Difference, { settings }: DesiredNode): boolean =>
    limitOptions.some(([key]) => key === setting) && !settings.limits[setting as keyof Limits];

const keysOf = (setting: Setting): readonly ArgumentKeys[] =>
    setting in argumentsOf ? argumentsOf[setting as keyof FixedArguments] : [["driverOpts", setting]];

/** Returns the arguments of a setting in which a container differs from them. */
function foundArguments(
    setting: Setting,
    { written, settings }: DesiredNode,
    before: DesiredNode | undefined,
    found: Settings,
): ChangedArguments {
    const keys = setting === "env" ? differingVariables(found, settings) : argumentsInUse(setting, written);
    const names = [...new Set(keys.map(argumentName))];
    const text = described[setting];
    return {
        names: text === undefined ? names : [text],
        properties: keys.map((each) => pathOf(each, written, before?.written)),
    };
}

function argumentsInUse(setting: Setting, written: DesiredNode["written"]): readonly ArgumentKeys[] {
    const keys = keysOf(setting);
    const used = keys.filter((each) => hasArgument(written, each));
    return used.length > 0 ? used : keys.slice(0, 1);
}

/** Returns the environment variables that differ. A variable that neither sets has the image's value. */
function differingVariables({ fixed: from, ofImage }: Settings, { fixed: to }: Settings): ArgumentKeys[] {
    const [a, b] = [from, to].map(({ env }): Record<string, string> => ({ ...ofImage?.env, ...env })) as [
        Record<string, string>,
        Record<string, string>,
    ];
    const names = Object.keys({ ...a, ...b }).filter((name) => a[name] !== b[name]);
    return names.map((name) => ["driverOpts", "env", name]);
}
