/** Explains why a file or folder of the user's configuration cannot be read or written, and what the user can do. */
import { readFileSync } from "node:fs";
import { access, constants, mkdir, stat } from "node:fs/promises";
import { dirname, relative } from "node:path";

/**
 * Reads a small file that the check or the comparison of every resource needs. It does not wait for the file as a
 * promise of Node.js does: the promise passes each of five steps to another thread, which takes ten times as long.
 */
export const readSmallFile = (path: string): string => readFileSync(path, "utf8");

/** Thrown if this user cannot read or write a file. */
export class FileAccessError extends Error {
    /** Command that gives this user access to the file. `undefined` if there is no such command. */
    readonly command: string | undefined;

    /** @param failed the action that failed, for example `buildx's store cannot be read`. */
    constructor(failed: string, { why, command }: NoAccess, cause: unknown) {
        super(`${failed}: ${why}`, { cause });
        this.command = command;
    }
}

export interface NoAccess {
    /** The cause and what to do. */
    readonly why: string;
    readonly command?: string;
}

export interface WhatFailed {
    readonly path: string;
    readonly to: "read" | "write";
    /** Folders of this user. A command may fix the owner of the files in them. */
    readonly own: readonly string[];
    /** How to choose another place, as the rest of a sentence: `set BUILDX_CONFIG to …`. */
    readonly elsewhere: string;
}

/** @param error the error of Node.js. */
export async function whyNoAccess(error: unknown, what: WhatFailed): Promise<NoAccess> {
    const { code } = error as NodeJS.ErrnoException;
    return code === "EACCES" || code === "EPERM" ? whyForbidden(what) : { why: await causeOf(error, what) };
}

/**
 * Creates a folder and its missing parent folders. Reports whether it created any. The option `recursive` of Node.js
 * does not return if an existing folder cannot contain another folder, for example below `/proc`.
 */
export async function makeFolders(path: string, mode: number): Promise<boolean> {
    try {
        await mkdir(path, { mode });
        return true;
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "EEXIST") {
            if ((await stat(path)).isDirectory()) return false;
            throw Object.assign(new Error(`${path} is not a folder`), { code: "ENOTDIR" });
        }
        const above = dirname(path);
        if (code !== "ENOENT" || above === path) throw error;
        await makeFolders(above, mode);
        await mkdir(path, { mode }).catch((raced: NodeJS.ErrnoException) => {
            if (raced.code !== "EEXIST") throw raced;
        });
        return true;
    }
}

async function causeOf(error: unknown, { path, elsewhere }: WhatFailed): Promise<string> {
    const { code, message } = error as NodeJS.ErrnoException;
    const otherwise = capitalize(elsewhere);
    if (code === "EROFS") return `${path} is on a read-only file system. ${otherwise}`;
    if (code === "ENOTDIR") return `${await firstFile(path)} is a file, not a folder. Remove it, or ${elsewhere}`;
    if (code === "ENOSPC" || code === "EDQUOT")
        return `there is no space left for ${path}. Free some space, or ${elsewhere}`;
    if (code === "ENOENT") return `${path} cannot be created below ${await nearest(path)}. ${otherwise}`;
    return `${message}. ${otherwise}`;
}

async function whyForbidden({ path, to, own, elsewhere }: WhatFailed): Promise<NoAccess> {
    const folder = await forbiddenFolder(path, to);
    const culprit = folder ?? (await nearest(path));
    const owner = await stat(culprit).then(
        ({ uid }) => uid,
        () => undefined,
    );
    const [uid, gid] = [process.getuid?.(), process.getgid?.()];
    const user = uid === undefined ? "this user" : `this user (uid ${uid})`;
    const whose = owner === undefined || owner === uid ? "" : `, which belongs to uid ${owner}`;
    const cause = `${user} has no permission to ${to === "write" ? "write to" : "read"} ${culprit}${whose}`;
    const why = culprit === path ? cause : `${cause}, and therefore cannot ${to} ${path}`;
    const isOwn = own.some((each) => !relative(each, culprit).startsWith(".."));
    if (!isOwn || uid === undefined) return { why: `${why}. ${capitalize(elsewhere)}` };
    const command =
        owner === uid ? `chmod -R u+rwX ${quote(culprit)}` : `sudo chown -R ${uid}:${gid} ${quote(culprit)}`;
    return { why: `${why}. ${capitalize(elsewhere)}, or give this user access with: ${command}`, command };
}

/** Returns the folder that denies this user access to a path. `undefined` if the file itself denies access. */
async function forbiddenFolder(path: string, to: WhatFailed["to"]): Promise<string | undefined> {
    for (const folder of foldersAbove(path)) if (!(await may(folder, constants.X_OK))) return folder;
    if (to === "read") return undefined;
    const there = await nearest(path);
    const folder = await stat(there).then(
        (found) => (found.isDirectory() ? there : dirname(there)),
        () => there,
    );
    return (await may(folder, constants.W_OK)) ? undefined : folder;
}

/** Returns the parent folders of a path, the outermost first. They may include folders that do not exist. */
function foldersAbove(path: string): string[] {
    const above = dirname(path);
    return above === path ? [] : [...foldersAbove(above), above];
}

const may = (path: string, mode: number): Promise<boolean> =>
    access(path, mode).then(
        () => true,
        ({ code }: NodeJS.ErrnoException) => code !== "EACCES" && code !== "EPERM",
    );

/** Returns the path itself if it exists, or its nearest existing parent. */
async function nearest(path: string): Promise<string> {
    const isThere = await stat(path).then(
        () => true,
        () => false,
    );
    return isThere || dirname(path) === path ? path : nearest(dirname(path));
}

async function firstFile(path: string): Promise<string> {
    for (const each of [...foldersAbove(path), path]) {
        const found = await stat(each).catch(() => undefined);
        if (found?.isDirectory() === false) return each;
    }
    return path;
}

const capitalize = (text: string) => `${text[0]?.toUpperCase()}${text.slice(1)}`;

const quote = (path: string) => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);
