/**
 * The files of certificates and keys that a program gives as PEM text. buildx's record has the path of each file, and
 * buildx reads the files at each build.
 *
 * They are in buildx's own folder, because the record that names them is there: who moves or removes that folder moves or
 * removes both. buildx ignores other folders in it. The folder of a builder has a folder for each node with
 * `ca.pem`, `cert.pem` and `key.pem`. Only the user can read them.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { makeFolder, removeFile, storeFolder, unreadable, writeStored } from "../../buildx/storeFiles";

/** The folder of all builders, in buildx's folder. */
const folder = "pulumi-buildx-certs";

/** The folder of a builder's files, in buildx's folder. */
export const folderOf = (builder: string): string => join(folder, builder);

/** Returns the path of a file in buildx's folder. */
export const fileOf = (builder: string, node: string, part: string): string =>
    join(folderOf(builder), node, `${part}.pem`);

/** Returns the absolute path of a file of buildx's folder, as the record has it. */
export const recordedPath = (path: string): string => resolve(storeFolder(), path);

/** Whether a path in a record is one of a builder's own files. */
export const isOwnFile = (builder: string, path: string): boolean =>
    path.startsWith(recordedPath(folderOf(builder)) + sep);

/** A file that exists. */
export interface ObservedFile {
    readonly content: string;
    /** Whether only the user can read the file. */
    readonly isPrivate: boolean;
}

/**
 * Returns the files of a builder by their paths in buildx's folder.
 *
 * @throws {FileAccessError} if this user cannot read them.
 */
export async function observeFiles(builder: string): Promise<ReadonlyMap<string, ObservedFile>> {
    const root = join(storeFolder(), folderOf(builder));
    const paths = await readdir(root, { recursive: true, withFileTypes: true }).catch(
        async (error: NodeJS.ErrnoException) => {
            if (error.code === "ENOENT") return [];
            throw await unreadable(error, root);
        },
    );
    const files = paths.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const entries = files.map(async (path) => {
        try {
            const [content, { mode }] = await Promise.all([readFile(path, "utf8"), stat(path)]);
            const isPrivate = process.platform === "win32" || (mode & 0o077) === 0;
            return [path.slice(storeFolder().length + 1), { content, isPrivate }] as const;
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
