/**
 * The kubeconfig files of a builder: one for each node, with exactly one context. buildx cannot select a context, so the
 * record names such a file (docker/buildx#2069). See `builder/ownFiles.ts`.
 */
import { join } from "node:path";
import { observeFilesIn } from "../builder/ownFiles";

/** The folder of all builders, in buildx's folder. */
const folder = "pulumi-buildx-kubeconfigs";

/** Returns the path of a builder's folder in buildx's folder. */
export const folderOf = (builder: string): string => join(folder, builder);

/** Returns the path of a node's file in buildx's folder. */
export const fileOf = (builder: string, node: string): string => join(folderOf(builder), `${node}.yaml`);

/**
 * Returns the content of a builder's files by their paths in buildx's folder. The content of a file that others can read
 * is `undefined`, so that it is written again.
 *
 * @throws {FileAccessError} if this user cannot read them.
 */
export async function observeFiles(builder: string): Promise<ReadonlyMap<string, string | undefined>> {
    const found = await observeFilesIn(folderOf(builder));
    return new Map([...found].map(([path, { content, isPrivate }]) => [path, isPrivate ? content : undefined]));
}
