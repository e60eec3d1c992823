/** The files that a node's buildkitd finds in its configuration folder. */
import { readFile } from "node:fs/promises";
import type { ContainerInspectInfo } from "dockerode";
import { tableOf } from "../buildkit/config";
import { configFiles, defaultConfigFile, digestOfFiles, namesEntitlements } from "../buildx/configFiles";
import { readFilesOf } from "../docker/container";
import type { Engine } from "../docker/engine";
import { type Registries, registriesIn } from "../docker/mirrors";
import { nodesOf } from "./desired";
import type { BuilderInputs, NodeInputs } from "./inputs";
import { withResolver } from "./resolver";

/** Where buildkitd looks for its configuration. */
export const configFolder = "/etc/buildkit";

/** The arguments by which it takes the one that lies there. */
export const configFlags: readonly string[] = ["--config", `${configFolder}/buildkitd.toml`];

export interface NodeFiles {
    /** By path below {@link configFolder}. */
    readonly contents: Readonly<Record<string, Buffer>>;
    /** "" for no files. */
    readonly digest: string;
    /** The configuration names entitlements, so that buildx adds none. */
    readonly entitlements: boolean;
    /** The registries in the configuration. */
    readonly registries: Registries;
}

export const noFiles: NodeFiles = { contents: {}, digest: "", entitlements: false, registries: {} };

/**
 * The files of each node: what its `buildkitdConfig` says and names; where there is none, buildx's default configuration.
 */
export const filesOf = (inputs: BuilderInputs): Promise<NodeFiles[]> =>
    Promise.all(
        nodesOf(inputs).map(async (node) => {
            const given = await orDefault(node.buildkitdConfig);
            const config = withResolver(given, tableOf(given), node, inputs.dns);
            if (config === undefined) return noFiles;
            const contents = await configFiles(config);
            return {
                contents,
                digest: digestOfFiles(contents),
                entitlements: namesEntitlements(config),
                registries: registriesIn(tableOf(config)),
            };
        }),
    );

/** The registries in the configuration of each node, without a look at what the configuration names. */
export const registriesOf = (inputs: BuilderInputs): Promise<Registries[]> =>
    Promise.all(
        nodesOf(inputs).map(async ({ buildkitdConfig }) => registriesIn(tableOf(await orDefault(buildkitdConfig)))),
    );

async function orDefault(config: NodeInputs["buildkitdConfig"]): Promise<NodeInputs["buildkitdConfig"]> {
    if (config !== undefined) return config;
    const path = await defaultConfigFile();
    return path === undefined ? undefined : readFile(path, "utf8");
}

/** The digest of the files that a container has; without asking the engine where its buildkitd is told of none. */
export async function digestInContainer(
    engine: Engine,
    { Name: name, Config: config }: ContainerInspectInfo,
): Promise<string> {
    if (!configFlags.every((flag, index) => config.Cmd?.[index] === flag)) return "";
    const files = await readFilesOf(engine, name.replace(/^\//, ""), configFolder);
    return digestOfFiles(
        Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith("provenance.d/"))),
    );
}
