/**
 * Files that a builder's record names and that this package writes. They are in buildx's own folder, because the record is
 * there: who moves or removes that folder moves or removes both. buildx ignores other folders in it. Only the user can
 * read the files.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { makeFolder, removeFile, storeFolder, unreadable, writeStored } from "../../buildx/storeFiles";

/** A file that exists. */
export interface OwnFile {
    readonly content: string;
    /** Whether only the user can read the file. */
    readonly isPrivate: boolean;
}

/** Returns the absolute path of a file of buildx's folder, as the record has it. */
export const recordedPath = (path: string): string => resolve(storeFolder(), path);

/** Whether a path in a record is in a folder of buildx's folder. */
export const isInFolder = (folder: string, path: string): boolean => path.startsWith(recordedPath(folder) + sep);

/**
 * Returns the files in a folder and below it, by their paths in buildx's folder. There are none if the folder does not
 * exist.
 *
 * @throws {FileAccessError} if this user cannot read them.
 */
export async function observeFilesIn(folder: string): Promise<ReadonlyMap<string, OwnFile>> {
    const root = join(storeFolder(), folder);
    const found = await readdir(root, { recursive: true, withFileTypes: true }).catch(
        async (error: NodeJS.ErrnoException) => {
            if (error.code === "ENOENT") return [];
            throw await unreadable(error, root);
        },
    );
    const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
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

/** Writes files by their paths in buildx's folder. Only the user can read them. */
export async function writeFiles(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
        await makeFolder(dirname(path));
        await writeStored(path, content);
    }
}

/** Removes files or folders by their paths in buildx's folder, and the folders above them that are then empty. */
export async function removeFiles(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
        await removeFile(path);
        for (let above = dirname(path); above !== "."; above = dirname(above)) {
            const left = await readdir(join(storeFolder(), above)).catch(() => undefined);
            if (left?.length === 0) await removeFile(above);
        }
    }
}

/**
 * Restores the files in a folder. A file whose content is unknown stays as it is.
 *
 * @param before the content of the files, by their paths in buildx's folder.
 */
export async function restoreFiles(folder: string, before: ReadonlyMap<string, string | undefined>): Promise<void> {
    const now = await observeFilesIn(folder);
    await removeFiles([...now.keys()].filter((path) => !before.has(path)));
    const known = [...before].filter((entry): entry is [string, string] => entry[1] !== undefined);
    await writeFiles(Object.fromEntries(known));
}
