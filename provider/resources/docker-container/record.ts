/** The record in which buildx stores a builder. */
import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import { digestOfFiles, emptyConfig } from "../../buildkit/config/files";
import type { DriverOptions } from "../../buildx/driverOptions";
import { type BuilderRecord, driver, type NodeGroup, type StoredNode } from "../../buildx/store";
import type { DesiredBuilder, DesiredNode } from "./desired";
import { eachPlatformOnce } from "../builder/record";
import { allOptions } from "./options/groups";

/** A node, and its endpoint for the record or why the endpoint is not known. */
export interface NodeToRecord {
    readonly desired: DesiredNode;
    readonly stored: string;
    readonly error?: string | undefined;
}

/**
 * Returns the record that `docker buildx create`, and then `create --append` for each further node, would write. A node
 * with an error is left out, because buildx would boot it by itself the next time its engine responds. If the record
 * already has the node, the node is kept.
 *
 * @param before the existing record.
 */
export function recordOf(name: string, nodes: readonly NodeToRecord[], before?: NodeGroup): NodeGroup {
    const stored = nodes.flatMap(({ desired, stored: endpoint, error }): StoredNode[] => {
        if (error === undefined) return [storedNode(desired, endpoint)];
        return before?.Nodes.filter(({ Name }) => Name === desired.name) ?? [];
    });
    return { Name: name, Driver: driver, Nodes: eachPlatformOnce(stored), Dynamic: false };
}

const storedNode = (node: DesiredNode, endpoint: string): StoredNode => ({
    Name: node.name,
    Endpoint: endpoint,
    Platforms: node.platforms.length === 0 ? null : [...node.platforms],
    DriverOpts: toStoredDriverOptions(node.options),
    Flags: node.settings.fixed.flags.length === 0 ? null : node.settings.fixed.flags,
    Files: node.files.digest === "" ? null : storedFiles(node.files.contents),
});

/**
 * Returns the options as buildx writes them to its store: the values for `docker buildx create --driver-opt` as text,
 * by option. `null` if there are none.
 */
export function toStoredDriverOptions(options: DriverOptions): Record<string, string> | null {
    const stored: Record<string, string> = {};
    for (const [key, { buildx: spelling }] of allOptions) {
        const value = options[key];
        if (value === undefined) continue;
        if (typeof value === "object") {
            for (const [name, text] of Object.entries(value)) stored[`${spelling}.${name}`] = text;
        } else {
            stored[spelling] = String(value);
        }
    }
    const inOrder = Object.entries(stored).sort(([a], [b]) => (a < b ? -1 : 1));
    return inOrder.length === 0 ? null : Object.fromEntries(inOrder);
}

/**
 * Returns the options in a record, and the names of the options that this package does not have.
 *
 * @param stored as {@link toStoredDriverOptions} returns it.
 */
export function fromStoredDriverOptions(stored: StoredNode["DriverOpts"]): {
    options: DriverOptions;
    unsupported: string[];
} {
    const options: Record<string, unknown> = {};
    const env: Record<string, string> = {};
    const unsupported: string[] = [];
    for (const [spelling, text] of Object.entries(stored ?? {})) {
        const [key, option] = allOptions.find(([, { buildx }]) => buildx === spelling) ?? [];
        if (spelling.startsWith("env.")) env[spelling.slice("env.".length)] = text;
        else if (key === undefined || option === undefined) unsupported.push(spelling);
        else options[key] = valuesOf(text).find((value) => v.is(option.rule, value)) ?? text;
    }
    return { options: { ...options, ...(Object.keys(env).length > 0 && { env }) }, unsupported };
}

/** Returns the values that a text may stand for: a string, a number, or a boolean as Go reads it. */
const valuesOf = (text: string): unknown[] => [text, Number(text), /^(?:1|t|true)$/i.test(text)];

const storedFiles = (files: Readonly<Record<string, Buffer>>): Record<string, string> =>
    Object.fromEntries(
        Object.entries(files)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([path, content]) => [path, content.toString("base64")]),
    );

/** Returns the files of a node in a record. */
export const fromStoredFiles = (stored: StoredNode["Files"]): Record<string, Buffer> =>
    Object.fromEntries(Object.entries(stored ?? {}).map(([path, text]) => [path, Buffer.from(text, "base64")]));

/**
 * Returns a record with the files of the desired nodes in place of files with the same meaning. buildx writes the same
 * configuration with different text, and no files for a node without a configuration.
 */
export async function withSameFiles(record: BuilderRecord, { nodes }: DesiredBuilder): Promise<BuilderRecord> {
    if (record.is !== "present") return record;
    const replaced = record.nodeGroup.Nodes.map(async (node): Promise<StoredNode> => {
        const files = nodes.find(({ name }) => name === node.Name)?.files;
        if (files === undefined || Object.keys(files.contents).length === 0) return node;
        const wanted = storedFiles(files.contents);
        if (isDeepStrictEqual(node.Files, wanted)) return node;
        const found = node.Files ? fromStoredFiles(node.Files) : emptyConfig;
        const isSame = (await digestOfFiles(found)) === files.digest;
        return isSame ? { ...node, Files: wanted } : node;
    });
    return { ...record, nodeGroup: { ...record.nodeGroup, Nodes: await Promise.all(replaced) } };
}
