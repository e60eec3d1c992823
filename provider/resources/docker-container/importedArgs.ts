/** The arguments that describe a builder in buildx's record. */
import { type Table, readConfig, renderConfig } from "../../buildkit/config";
import {
    configFile,
    configFolder,
    configuredEntitlements,
    digestOfFiles,
    type FileNames,
    fileNamesOf,
} from "../../buildkit/config/files";
import type { DriverOptions } from "../../buildx/driverOptions";
import { defaultConfigFile } from "../../buildx/defaultConfig";
import { type ConfiguredEntitlements, withDefaultEntitlement } from "../../buildx/entitlements";
import { nodeName } from "../../buildx/names";
import { isPem } from "../../pem";
import { formatPlatform, type Platform } from "../../text/platform";
import type { BuilderInputs, NodeInputs } from "./args";
import { filesOf } from "./node/files";

/** A node in buildx's record, in the forms of the arguments. */
export interface RecordedNode {
    readonly name: string;
    /** `undefined` if it is the endpoint that the docker CLI uses. */
    readonly endpoint: string | undefined;
    readonly platforms: readonly Platform[];
    readonly options: DriverOptions;
    readonly flags: readonly string[];
    /** buildkitd's configuration and its certificates, by path. */
    readonly files: Readonly<Record<string, Buffer>>;
}

export interface RecordedArguments {
    readonly args: BuilderInputs;
    /** The paths that certificates and keys keep, by node. The arguments contain their text without a path. */
    readonly fileNames: Record<string, FileNames>;
}

/**
 * Returns the arguments of a builder: a builder with one node of the default name has no `nodes`.
 *
 * @throws {Error} if a certificate in a configuration is not PEM text.
 */
export async function argumentsOfRecord(name: string, nodes: readonly RecordedNode[]): Promise<RecordedArguments> {
    const each = await Promise.all(nodes.map((node) => argumentsOfNode(name, node)));
    const named = nodes.filter(({ files }) => Object.keys(files).length > 1);
    const fileNames = Object.fromEntries(named.map((node) => [node.name, fileNamesOf(node.files)]));
    const [first = {}] = each;
    if (nodes.length === 1 && nodes[0]?.name === nodeName(name, 0)) return { args: { name, ...first }, fileNames };
    // A node without a name is numbered by its position, or keeps the number of a node with the same endpoint.
    const isNumbered = nodes.every(
        (node, index) => node.name === nodeName(name, index) && (index === 0 || node.endpoint !== undefined),
    );
    const ofNodes = nodes.map((node, index) => ({ ...(!isNumbered && { name: node.name }), ...each[index] }));
    return { args: { name, nodes: ofNodes }, fileNames };
}

async function argumentsOfNode(builder: string, node: RecordedNode): Promise<NodeInputs> {
    const { endpoint, options, platforms } = node;
    const table = await tableOf(node.files);
    const flags = ownFlags(node.flags, options.network, configuredEntitlements(table ?? {}));
    const isDefault = table !== undefined && (await isDefaultConfig(node.files));
    const config = isDefault ? undefined : await configOf(builder, node, table);
    return {
        ...(endpoint !== undefined && { endpoint }),
        ...(Object.keys(options).length > 0 && { driverOpts: options }),
        ...(platforms.length > 0 && { platforms: platforms.map(formatPlatform) }),
        ...(flags.length > 0 && { buildkitdFlags: flags }),
        ...(config !== undefined && { buildkitdConfig: config }),
    };
}

async function tableOf(files: RecordedNode["files"]): Promise<Table | undefined> {
    const text = files[configFile]?.toString("utf8");
    return text === undefined ? undefined : (await readConfig(text)).table;
}

/** Returns the flags without the flag that buildx adds by itself, if it adds the flag to the others. */
export function ownFlags(
    flags: readonly string[],
    network: string | undefined,
    entitlements: ConfiguredEntitlements,
): string[] {
    const others = flags.slice(0, -1);
    const isAdded = JSON.stringify(withDefaultEntitlement(others, network, entitlements)) === JSON.stringify(flags);
    return [...(isAdded ? others : flags)];
}

/** Whether a node has the files of buildx's default configuration. */
async function isDefaultConfig(files: RecordedNode["files"]): Promise<boolean> {
    // An invalid default configuration is no node's configuration.
    const [byDefault] = await filesOf({ name: "default" }).then(
        (found) => [...found.values()],
        () => [],
    );
    return byDefault !== undefined && byDefault.digest === (await digestOfFiles(files));
}

/**
 * Returns the text of a configuration, with the text of its certificates and keys in place of their paths. Only text has
 * every key of every version of BuildKit, and numbers and texts as they are.
 */
async function configOf(
    builder: string,
    { name, files }: RecordedNode,
    table: Table | undefined,
): Promise<string | undefined> {
    const text = files[configFile]?.toString("utf8");
    const paths = Object.values((table?.registry ?? {}) as Record<string, Registry>).flatMap(pathsIn);
    if (table === undefined) return defaultConfigFile() === undefined ? undefined : ""; // not the default one
    if (paths.length === 0) return text;
    const contents = new Map(
        paths.map((path): [string, string] => {
            const content = files[path.replace(`${configFolder}/`, "")];
            const pem = content?.toString("utf8") ?? "";
            if (content !== undefined && isPem(pem) && Buffer.from(pem).equals(content)) return [path, pem];
            throw new Error(
                `builder "${builder}" cannot be imported: file ${path} in the configuration of node ${name} is ` +
                    `${content === undefined ? "not in buildx's record" : "not PEM text"}. Create the builder again ` +
                    "with a valid file: docker buildx create --buildkitd-config",
            );
        }),
    );
    const rendered = await renderConfig(table);
    return [...contents].reduce(
        (all, [path, pem]) => all.replaceAll(JSON.stringify(path), () => inToml(pem)),
        rendered,
    );
}

interface Registry {
    readonly ca?: readonly string[];
    readonly keypair?: readonly { readonly key?: string; readonly cert?: string }[];
}

const pathsIn = ({ ca = [], keypair = [] }: Registry): string[] => [
    ...ca,
    ...keypair.flatMap(({ key, cert }) => [key, cert].filter((path) => path !== undefined)),
];

/**
 * Returns a text as a string of TOML with its lines. Pulumi's generator of Python programs does not escape the
 * backslashes of a text with several lines.
 */
const inToml = (text: string): string => (/''|\r/.test(text) ? JSON.stringify(text) : `'''\n${text}'''`);
