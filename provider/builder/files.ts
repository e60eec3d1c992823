/** The files that a node's buildkitd finds in its configuration folder. */
import { readFile } from "node:fs/promises";
import type { ContainerInspectInfo } from "dockerode";
import { readConfig, type Table } from "../buildkit/config";
import {
    allowsHostNetwork,
    configFiles,
    configFlags,
    configFolder,
    defaultConfigFile,
    digestOfFiles,
} from "../buildx/configFiles";
import { provenanceFolder } from "../buildx/provenance";
import { readFilesOf } from "../docker/container";
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
    /** The configuration lets builds use the host's network, so that buildx adds no flag for it. */
    readonly hostNetwork: boolean;
    /** The registries in the configuration. */
    readonly registries: Registries;
}

export const noFiles: NodeFiles = { contents: {}, digest: "", hostNetwork: false, registries: {} };

/**
 * The files of each node: what its `buildkitdConfig` says and names; where there is none, buildx's default configuration.
 */
export const filesOf = (inputs: BuilderInputs): Promise<NodeFiles[]> =>
    Promise.all(
        nodesOf(inputs).map(async (node) => {
            const table = withResolver(await configOf(node), node, inputs.dns);
            if (table === undefined) return noFiles;
            const contents = await configFiles(table);
            return {
                contents,
                digest: await digestOfFiles(contents),
                hostNetwork: allowsHostNetwork(table),
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

/** buildx's default configuration; what BuildKit does not know in it is let pass, as BuildKit does. */
async function readDefault(path: string): Promise<Table> {
    const { table, problems } = await readConfig(await readFile(path, "utf8"));
    const wrong = problems.find(({ isUnknownKey }) => !isUnknownKey);
    if (wrong === undefined) return table;
    throw new Error(`${path}, buildx's default configuration, is wrong: ${formatPath(wrong.path)} ${wrong.reason}`);
}

/** The digest of the files that a container has; without asking the engine where its buildkitd is told of none. */
export async function digestInContainer(
    engine: Engine,
    { Name: name, Config: config }: ContainerInspectInfo,
): Promise<string> {
    if (!configFlags.every((flag, index) => config.Cmd?.[index] === flag)) return "";
    const files = await readFilesOf(engine, name.replace(/^\//, ""), configFolder);
    const isOurs = ([path]: [string, Buffer]) => !path.startsWith(`${provenanceFolder}/`);
    return digestOfFiles(Object.fromEntries(Object.entries(files).filter(isOurs)));
}
