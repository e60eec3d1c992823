/** The files that a node's buildkitd finds in its configuration folder. */
import { readFile } from "node:fs/promises";
import { posix } from "node:path";
import type { ContainerInspectInfo } from "dockerode";
import { type Problem, problemsOfConfig, readConfig, type Table } from "../buildkit/config";
import { withGc } from "../buildkit/gc";
import { withKeepBytes } from "../buildkit/keepBytes";
import {
    belongsToConfig,
    configFiles,
    configFolder,
    configuredEntitlements,
    defaultConfigFile,
    digestOfFiles,
    hasConfigFlags,
} from "../buildx/configFiles";
import type { ConfiguredEntitlements } from "../buildx/flags";
import { changedFiles, readFilesOf } from "../docker/container";
import type { Engine } from "../docker/engine";
import { type Registries, registriesIn } from "../docker/mirrors";
import { formatPath } from "../words";
import { nodesOf } from "./desired";
import type { BuilderInputs, NodeInputs } from "./inputs";
import { withResolver } from "./resolver";

export interface NodeFiles {
    /** By path below buildkitd's configuration folder. */
    readonly contents: Readonly<Record<string, Buffer>>;
    /** "" for no files. */
    readonly digest: string;
    /** What the configuration says of insecure entitlements. */
    readonly entitlements: ConfiguredEntitlements;
    /** The registries in the configuration. */
    readonly registries: Registries;
}

export const noFiles: NodeFiles = { contents: {}, digest: "", entitlements: {}, registries: {} };

/**
 * The files of each node: what its `buildkitdConfig` says and names; where there is none, buildx's default configuration.
 */
export const filesOf = (inputs: BuilderInputs): Promise<NodeFiles[]> =>
    Promise.all(
        nodesOf(inputs).map(async (node) => {
            const table = withResolver(withGc(await configOf(node), inputs.gc, withKeepBytes), node, inputs.dns);
            if (table === undefined) return noFiles;
            const contents = await configFiles(table);
            return {
                contents,
                digest: await digestOfFiles(contents),
                entitlements: configuredEntitlements(table),
                registries: registriesIn(table),
            };
        }),
    );

/** The registries in the configuration of each node, without a look at what the configuration names. */
export const registriesOf = (inputs: BuilderInputs): Promise<Registries[]> =>
    Promise.all(nodesOf(inputs).map(async (node) => registriesIn(await configOf(node))));

async function configOf({ buildkitdConfig: config }: NodeInputs): Promise<Table | undefined> {
    if (config !== undefined) return (await readConfig(config)).table; // `check` has told what is wrong with it
    const path = await defaultConfigFile();
    return path === undefined ? undefined : readDefault(path);
}

async function readDefault(path: string): Promise<Table> {
    const text = await readFile(path, "utf8");
    const { table, problems } = await readConfig(text);
    const why = firstOf(path, problems);
    if (why === undefined) return table;
    throw new Error(why);
}

/** Why buildx's default configuration is of no use, with the files that it names; `undefined` where it is not used. */
export async function whyDefaultUnusable({ buildkitdConfig }: NodeInputs): Promise<string | undefined> {
    const path = buildkitdConfig === undefined ? await defaultConfigFile() : undefined;
    if (path === undefined) return undefined;
    return firstOf(path, await problemsOfConfig(await readFile(path, "utf8")));
}

/** What BuildKit does not know in buildx's default configuration is let pass, as buildx does. */
function firstOf(file: string, problems: readonly Problem[]): string | undefined {
    const wrong = problems.find(({ isUnknownKey, isWarning }) => !isUnknownKey && !isWarning);
    if (wrong === undefined) return undefined;
    const at = wrong.path.length === 0 ? "" : `${formatPath(wrong.path)}: `;
    return `buildx's default configuration, ${file}, cannot be used: ${at}${wrong.reason}`;
}

/**
 * The digest of the configuration files that someone put into a container, us or another; "" without asking the engine
 * where its buildkitd is told of none. What the image brings does not count.
 *
 * @param asked the digest that it is to have: if all the files have it, none is the image's.
 */
export async function digestInContainer(
    engine: Engine,
    { Name, Config: config }: ContainerInspectInfo,
    asked: string,
): Promise<string> {
    if (!hasConfigFlags(config.Cmd)) return "";
    const name = Name.replace(/^\//, "");
    const found = Object.entries(await readFilesOf(engine, name, configFolder));
    const all = found.filter(([path]) => belongsToConfig(path));
    const digest = await digestOfFiles(Object.fromEntries(all));
    if (digest === asked) return digest;
    const changed = await changedFiles(engine, name);
    const own = all.filter(([path]) => changed.has(posix.join(configFolder, path)));
    return digestOfFiles(Object.fromEntries(own));
}
