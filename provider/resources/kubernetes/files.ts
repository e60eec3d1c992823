/**
 * The kubeconfig files of a builder: one for each node, with exactly one context. buildx cannot select a context, so the
 * record names such a file (docker/buildx#2069). The files are in buildx's own folder, beside the record that names them.
 * Only the user can read them.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { makeFolder, removeFile, storeFolder, unreadable, writeStored } from "../../buildx/storeFiles";

/** The folder of all builders, in buildx's folder. */
const folder = "pulumi-buildx-kubeconfigs";

/** Returns the path of a builder's folder in buildx's folder. */
export const folderOf = (builder: string): string => join(folder, builder);

/** Returns the path of a node's file in buildx's folder. */
export const fileOf = (builder: string, node: string): string => join(folderOf(builder), `${node}.yaml`);

/** Returns the absolute path of a file of buildx's folder, as the record has it. */
export const recordedPath = (path: string): string => resolve(storeFolder(), path);

/** Whether a path in a record is one of a builder's own files. */
export const isOwnFile = (builder: string, path: string): boolean =>
    path.startsWith(recordedPath(folderOf(builder)) + sep);

/**
 * Returns the content of a builder's files by their paths in buildx's folder. The content of a file that others can read
 * is `undefined`, so that it is written again.
 *
 * @throws {FileAccessError} if this user cannot read them.
 */
export async function observeFiles(builder: string): Promise<ReadonlyMap<string, string | undefined>> {
    const root = join(storeFolder(), folderOf(builder));
    const names = await readdir(root).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return [];
        throw await unreadable(error, root);
    });
    const entries = names.map(async (name) => {
        const path = join(root, name);
        try {
            const [content, { mode }] = await Promise.all([readFile(path, "utf8"), stat(path)]);
            const isPrivate = process.platform === "win32" || (mode & 0o077) === 0;
            return [join(folderOf(builder), name), isPrivate ? content : undefined] as const;
        } catch (error) {
            throw await unreadable(error, path);
        }
    });
    return new Map(await Promise.all(entries));
}

/** Writes a file. Only the user can read it. */
export async function writeFile(path: string, content: string): Promise<void> {
    await makeFolder(dirname(path));
    await writeStored(path, content);
}

/** Removes files or folders, and the folders above them that are then empty. */
export async function removeFiles(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
        await removeFile(path);
        for (let above = dirname(path); above !== "."; above = dirname(above)) {
            const left = await readdir(join(storeFolder(), above)).catch(() => undefined);
            if (left?.length === 0) await removeFile(above);
        }
    }
}
