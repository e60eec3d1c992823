/** The files in the configuration folder of a node's buildkitd. */
import { posix } from "node:path";
import type { ContainerInspectInfo } from "dockerode";
import { withGc } from "../../../buildkit/gc";
import { withKeepBytes } from "../../../buildkit/keepBytes";
import {
    belongsToConfig,
    configFiles,
    configFile,
    configFolder,
    configuredEntitlements,
    digestOfFiles,
    emptyConfig,
    type FileNames,
    hasConfigFlags,
} from "../../../buildkit/config/files";
import type { ConfiguredEntitlements } from "../../../buildx/entitlements";
import { changedFiles, readFilesOf } from "../../../docker/engine/container";
import type { Engine } from "../../../docker/engine/engine";
import { type Registries, registriesIn } from "../../../buildkit/config/mirrors";
import { configOf } from "../../builder/config";
import { byNode } from "../nodeArgs";
import type { BuilderInputs } from "../args";
import { withResolver } from "./dns";

export interface NodeFiles {
    /** File contents by path, relative to buildkitd's configuration folder. */
    readonly contents: Readonly<Record<string, Buffer>>;
    /** The digest of all files; "" for no files. */
    readonly digest: string;
    /** The insecure entitlements in the configuration. */
    readonly entitlements: ConfiguredEntitlements;
    /** The registries in the configuration. */
    readonly registries: Registries;
    /** The paths that certificates and keys keep from a builder that was imported. */
    readonly names: FileNames;
}

export const noFiles: NodeFiles = { contents: {}, digest: "", entitlements: {}, registries: {}, names: {} };

/**
 * Returns the files of each node, by the node's name: its `buildkitdConfig` and the files that it names. If there is no
 * `buildkitdConfig`, buildx's default configuration is used instead.
 *
 * @param names the paths that certificates and keys keep, by node.
 */
export const filesOf = (
    inputs: BuilderInputs,
    names: Readonly<Record<string, FileNames>> = {},
): Promise<ReadonlyMap<string, NodeFiles>> =>
    byNode(inputs, async (node, name) => {
        const table = withResolver(
            withGc(await configOf(node.buildkitdConfig), inputs.gc, withKeepBytes),
            node,
            inputs.dns,
        );
        if (table === undefined) return noFiles;
        const contents = await configFiles(table, names[name]);
        return {
            contents,
            digest: await digestOfFiles(contents),
            entitlements: configuredEntitlements(table),
            registries: registriesIn(table),
            names: Object.fromEntries(Object.entries(names[name] ?? {}).filter(([path]) => path in contents)),
        };
    });

/**
 * Returns the registries in the configuration of each node, by the node's name. Does not read the files that the
 * configuration names.
 */
export const registriesOf = (inputs: BuilderInputs): Promise<ReadonlyMap<string, Registries>> =>
    byNode(inputs, async (node) => registriesIn(await configOf(node.buildkitdConfig)));

/**
 * Returns the digest of the configuration files that this package or another process copied into a container. Files
 * from the image are not included. If buildkitd's arguments do not name the configuration file there, returns "". An
 * empty configuration is the same as none: an imported builder has it instead of buildx's default configuration.
 *
 * @param wanted the wanted digest. If the digest of all files is the same, none of them is from the image.
 */
export async function digestInContainer(
    engine: Engine,
    { Name, Config: config }: ContainerInspectInfo,
    wanted: string,
): Promise<string> {
    const name = Name.replace(/^\//, "");
    if (!hasConfigFlags(config.Cmd)) {
        const isEmpty = wanted === (await digestOfFiles(emptyConfig));
        return isEmpty && !(configFile in (await configFilesOf(engine, name))) ? wanted : "";
    }
    const all = await configFilesOf(engine, name);
    const digest = await digestOfFiles(all);
    return digest === wanted ? digest : digestOfFiles(await withoutImageFiles(engine, name, all));
}

/** Returns the configuration files that this package or another process copied into a container, by their path. */
export async function filesInContainer(
    engine: Engine,
    { Name, Config: config }: ContainerInspectInfo,
): Promise<Record<string, Buffer>> {
    if (!hasConfigFlags(config.Cmd)) return {};
    const name = Name.replace(/^\//, "");
    return withoutImageFiles(engine, name, await configFilesOf(engine, name));
}

type Files = Record<string, Buffer>;

async function configFilesOf(engine: Engine, container: string): Promise<Files> {
    const found = Object.entries(await readFilesOf(engine, container, configFolder));
    return Object.fromEntries(found.filter(([path]) => belongsToConfig(path)));
}

async function withoutImageFiles(engine: Engine, container: string, files: Files): Promise<Files> {
    const changed = await changedFiles(engine, container);
    const own = Object.entries(files).filter(([path]) => changed.has(posix.join(configFolder, path)));
    return Object.fromEntries(own);
}
