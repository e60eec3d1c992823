/** Why a file or folder of the user's configuration cannot be read or written, in a sentence with what can be done. */
import { access, constants, mkdir, stat } from "node:fs/promises";
import { dirname, relative } from "node:path";

/** Thrown where this user may not read or write a file. */
export class FileAccessError extends Error {
    /** The command that gives the file to this user; `undefined` where none does. */
    readonly command: string | undefined;

    /** @param failed what cannot be done, such as `buildx's store cannot be read`. */
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
    /** Folders that are this user's own, so that the owner of what is in them may be fixed. */
    readonly own: readonly string[];
    /** How another place is chosen, as the rest of a sentence: `set BUILDX_CONFIG to …`. */
    readonly elsewhere: string;
}

/** @param error what Node.js said. */
export async function whyNoAccess(error: unknown, what: WhatFailed): Promise<NoAccess> {
    const { code } = error as NodeJS.ErrnoException;
    return code === "EACCES" || code === "EPERM" ? whyForbidden(what) : { why: await whyUnusable(error, what) };
}

/**
 * Makes a folder and those above it that are not there yet; whether it made any. Node.js' own `recursive` does not end where a
 * folder that is there cannot have another one in it, as below `/proc`.
 */
export async function makeFolders(path: string, mode: number): Promise<boolean> {
    try {
        await mkdir(path, { mode });
        return true;
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "EEXIST") {
            if ((await stat(path)).isDirectory()) return false;
            throw Object.assign(new Error(`${path} is no folder`), { code: "ENOTDIR" });
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

async function whyUnusable(error: unknown, { path, elsewhere }: WhatFailed): Promise<string> {
    const { code, message } = error as NodeJS.ErrnoException;
    const otherwise = `${elsewhere[0]?.toUpperCase()}${elsewhere.slice(1)}`;
    if (code === "EROFS") return `${path} is on a read-only file system. ${otherwise}`;
    if (code === "ENOTDIR") return `${await firstFile(path)} is a file, not a folder. Remove it, or ${elsewhere}`;
    if (code === "ENOSPC" || code === "EDQUOT") return `there is no space left for ${path}. Free some, or ${elsewhere}`;
    if (code === "ENOENT") return `${path} cannot be made below ${await nearest(path)}. ${otherwise}`;
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
    const cause = `${user} may not ${to === "write" ? "write to" : "read"} ${culprit}${whose}`;
    const why = culprit === path ? cause : `${cause}, and so not ${to} ${path}`;
    const isOwn = own.some((each) => !relative(each, culprit).startsWith(".."));
    if (!isOwn || uid === undefined) return { why: `${why}. ${elsewhere[0]?.toUpperCase()}${elsewhere.slice(1)}` };
    const command =
        owner === uid ? `chmod -R u+rwX ${quote(culprit)}` : `sudo chown -R ${uid}:${gid} ${quote(culprit)}`;
    return { why: `${why}. Give it to this user with: ${command}, or ${elsewhere}`, command };
}

/** The folder on the way to a path that keeps this user out; `undefined` where it is the file itself. */
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

/** Folders that lead to a path, the outermost first; one that is not there keeps no one out. */
function foldersAbove(path: string): string[] {
    const above = dirname(path);
    return above === path ? [] : [...foldersAbove(above), above];
}

const may = (path: string, mode: number): Promise<boolean> =>
    access(path, mode).then(
        () => true,
        ({ code }: NodeJS.ErrnoException) => code !== "EACCES" && code !== "EPERM",
    );

/** The path itself, or what is nearest above it that is there. */
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

const quote = (path: string) => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);
