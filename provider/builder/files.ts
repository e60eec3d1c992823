/** The files that a node's buildkitd finds in its configuration folder. */
import type { ContainerInspectInfo } from "dockerode";
import { configFiles, defaultConfigFile, digestOfFiles, namesEntitlements } from "../buildx/configFiles";
import { readFilesOf } from "../docker/container";
import type { Engine } from "../docker/engine";
import { nodesOf } from "./desired";
import type { BuilderInputs } from "./inputs";

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
}

export const noFiles: NodeFiles = { contents: {}, digest: "", entitlements: false };

/**
 * The files of each node: what its `buildkitdConfig` says and names; where there is none, buildx's default configuration.
 */
export async function filesOf(inputs: BuilderInputs): Promise<NodeFiles[]> {
    const { readFile } = await import("node:fs/promises");
    return Promise.all(
        nodesOf(inputs).map(async ({ buildkitdConfig }) => {
            const path = buildkitdConfig === undefined ? await defaultConfigFile() : undefined;
            const config = path === undefined ? buildkitdConfig : await readFile(path, "utf8");
            if (config === undefined) return noFiles;
            const contents = await configFiles(config);
            return { contents, digest: digestOfFiles(contents), entitlements: namesEntitlements(config) };
        }),
    );
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
