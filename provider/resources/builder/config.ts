/** The argument `buildkitdConfig`, and buildx's default configuration for a node without the argument. */
import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import { hasUnknown, unknown, withoutUnknown } from "../../args/unknown";
import {
    type BuildkitdConfig,
    type Problem,
    problemsOfConfig,
    readConfig,
    type Table,
    warningsOfConfig,
} from "../../buildkit/config";
import { hasGc } from "../../buildkit/gc";
import { defaultConfigFile } from "../../buildx/defaultConfig";
import { readSmallFile } from "../../fileAccess";
import { formatPath } from "../../text/quote";

/** The content of a `buildkitd.toml`, or the same as an object. */
type ConfigArgument = string | BuildkitdConfig | undefined;

/** Returns the configuration of a node's buildkitd. Without one, returns buildx's default configuration, if there is one. */
export async function configOf(config: ConfigArgument): Promise<Table | undefined> {
    if (config !== undefined) return (await readConfig(config)).table; // `check` reports its problems
    const path = defaultConfigFile();
    return path === undefined ? undefined : readDefault(path);
}

async function readDefault(path: string): Promise<Table> {
    const text = readSmallFile(path);
    const { table, problems } = await readConfig(text);
    const why = firstOf(path, problems);
    if (why === undefined) return table;
    throw new Error(why);
}

/**
 * Returns why buildx's default configuration, or a file that it names, is unusable. Returns `undefined` if the node has
 * its own configuration, or the default configuration is valid or does not exist.
 */
export async function whyDefaultUnusable(config: ConfigArgument): Promise<string | undefined> {
    const path = config === undefined ? defaultConfigFile() : undefined;
    if (path === undefined) return undefined;
    return firstOf(path, await problemsOfConfig(readSmallFile(path)));
}

/** Returns the first error in buildx's default configuration. Ignores unknown keys, as buildx does, and warnings. */
function firstOf(file: string, problems: readonly Problem[]): string | undefined {
    const wrong = problems.find(({ isUnknownKey, isWarning }) => !isUnknownKey && !isWarning);
    if (wrong === undefined) return undefined;
    const at = wrong.path.length === 0 ? "" : `${formatPath(wrong.path)}: `;
    return `buildx's default configuration ${file} is not valid: ${at}${wrong.reason}`;
}

/**
 * Returns the errors in the argument `buildkitdConfig`.
 *
 * @param isBesideGc whether the argument `gc` is set, too.
 */
export async function failuresOfConfig(config: ConfigArgument, isBesideGc: boolean): Promise<CheckFailure[]> {
    if (config === undefined || (config as unknown) === unknown) return [];
    const problems = await problemsOfConfig(withoutUnknown(config), { isWhole: !hasUnknown(config) });
    if (isBesideGc && problems.length === 0 && hasGc((await readConfig(withoutUnknown(config))).table))
        return [
            {
                property: "gc",
                reason: "conflicts with the garbage collection in buildkitdConfig (worker.oci): remove one of them",
            },
        ];
    return problems.map((problem) => inConfig(config, problem));
}

/** Returns a problem at its property. A configuration given as a string is one property: the reason has the key. */
function inConfig(config: ConfigArgument, { path, reason }: Problem): CheckFailure {
    const property = "buildkitdConfig";
    if (typeof config !== "string") return { property: formatPath([property, ...path]), reason };
    return { property, reason: path.length === 0 ? reason : `${formatPath(path)}: ${reason}` };
}

/** Returns warnings about settings that are valid but probably not intended, each with its property. */
export async function warningsOfConfigIn(config: ConfigArgument): Promise<string[]> {
    if (config === undefined || (config as unknown) === unknown) return [];
    const problems = await warningsOfConfig(withoutUnknown(config));
    return problems.map((problem) => {
        const { property, reason } = inConfig(config, problem);
        return `${property}: ${reason}`;
    });
}
