/**
 * The folder of buildx's store and how files come into it: whole, readable for their owner alone, and with an error that
 * says what to do where the user may not.
 */
import { randomBytes } from "node:crypto";
import {
    access,
    chown,
    constants,
    type FileHandle,
    link,
    open,
    readFile,
    rename,
    rm,
    stat,
    writeFile,
} from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { join, relative } from "node:path";
import { dockerConfigFolder } from "../docker/configFile";
import { FileAccessError, makeFolders, type WhatFailed, whyNoAccess } from "../fileAccess";

/** The folder that holds the records of this user: `$BUILDX_CONFIG`, else `buildx` beside docker's config. */
export function storeFolder(env: NodeJS.ProcessEnv = process.env): string {
    return env.BUILDX_CONFIG || join(env.DOCKER_CONFIG || join(homedir(), ".docker"), "buildx");
}

/** Folders of the store that a record is written with. */
const folders = ["", "instances", "defaults", "activity"];

/** Thrown where a file was to be made new and is there already. */
export class RecordExistsError extends Error {}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === "ENOENT";

/** Puts a whole file, readable for its owner alone, into its place in the store. */
export async function place(path: string, content: string, exclusive = false): Promise<void> {
    const target = join(storeFolder(), path);
    // Not beside the target: buildx takes every file among the records for one.
    const beside = join(storeFolder(), `.tmp-${randomBytes(6).toString("hex")}`);
    try {
        await writeFile(beside, content, { mode: 0o600, flag: "wx" });
        await giveToSudoUser(beside);
        if (exclusive) await link(beside, target);
        else await rename(beside, target);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new RecordExistsError(`${target} exists already`);
        throw await unwritable(error, target);
    } finally {
        await rm(beside, { force: true }).catch(() => {});
    }
}

/** Makes a folder of the store, if there is none. */
export async function makeFolder(folder: string): Promise<void> {
    const path = join(storeFolder(), folder);
    try {
        if (await makeFolders(path, 0o700)) await giveToSudoUser(path);
    } catch (error) {
        throw await unwritable(error, path);
    }
}

/** Removes a file or folder of the store with all that is in it; well if there is none. */
export async function removeFile(path: string): Promise<void> {
    const target = join(storeFolder(), path);
    try {
        await rm(target, { recursive: true, force: true });
    } catch (error) {
        throw await unwritable(error, target);
    }
}

/**
 * Reads a file of the store; `undefined` where there is none.
 *
 * @throws {FileAccessError} where this user may not read it.
 */
export async function readStored(path: string): Promise<string | undefined> {
    const target = join(storeFolder(), path);
    try {
        return await readFile(target, "utf8");
    } catch (error) {
        if (isMissing(error)) return undefined;
        throw await unreadable(error, target);
    }
}

/**
 * Finds out whether the store can be written, by the folders and the files that a record is written with. To be called
 * before anything on an engine is made or removed.
 *
 * @throws {FileAccessError} where it cannot.
 */
export async function requireWritableStore(): Promise<void> {
    for (const folder of folders) {
        await makeFolder(folder);
        const path = join(storeFolder(), folder);
        await access(path, constants.W_OK | constants.X_OK).catch(async (error: unknown) => {
            throw await unwritable(error, path);
        });
    }
    // Also a full disk or a quota. It has the name of those files that come into the store and go.
    const probe = `.tmp-${randomBytes(6).toString("hex")}`;
    await place(probe, "probe");
    await removeFile(probe);
    const lock = await openLock();
    await lock?.close();
}

/** Opens buildx's lock file, which is made where there is none; `undefined` where there is no store. */
export async function openLock(): Promise<FileHandle | undefined> {
    const path = join(storeFolder(), ".lock");
    try {
        return await open(path, "a", 0o600);
    } catch (error) {
        if (isMissing(error)) return undefined;
        throw await unwritable(error, path);
    }
}

/**
 * Under `sudo` with the user's own home the store stays that user's (buildx: `util/confutil/config_unix.go`).
 */
async function giveToSudoUser(path: string): Promise<void> {
    const { SUDO_COMMAND: command, SUDO_UID: uid, SUDO_GID: gid } = process.env;
    if (command === undefined || !uid || !gid || userInfo().homedir === homedir()) return;
    const owner = await stat(homedir()).catch(() => undefined);
    const inHome = !relative(homedir(), storeFolder()).startsWith("..");
    if (owner?.uid === Number(uid) && inHome) await chown(path, Number(uid), Number(gid));
}

const about = (path: string, to: "read" | "write"): WhatFailed => ({
    path,
    to,
    own: [storeFolder(), dockerConfigFolder()],
    elsewhere: "set BUILDX_CONFIG to a folder that this user can write",
});

const unwritable = async (error: unknown, path: string): Promise<Error> =>
    new FileAccessError("buildx's store cannot be written", await whyNoAccess(error, about(path, "write")), error);

/** The error for a file or folder of the store that cannot be read. */
export const unreadable = async (error: unknown, path: string): Promise<Error> =>
    new FileAccessError("buildx's store cannot be read", await whyNoAccess(error, about(path, "read")), error);
