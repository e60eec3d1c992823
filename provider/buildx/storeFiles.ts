/**
 * The folder of buildx's store, and atomic writes to its files. Only the owner can read the files. If the user may not
 * access a file, the error says what to do.
 */
import { randomBytes } from "node:crypto";
import { access, chown, constants, type FileHandle, open, rm, stat } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { join, relative } from "node:path";
import { writeAtomically } from "../atomicWrite";
import { dockerConfigFolder } from "../docker/endpoint/configFile";
import { FileAccessError, makeFolders, readSmallFile, type WhatFailed, whyNoAccess } from "../fileAccess";

/**
 * Returns the folder with this user's records: `$BUILDX_CONFIG`, or else `buildx` beside docker's configuration file.
 */
export function storeFolder(env: NodeJS.ProcessEnv = process.env): string {
    return env.BUILDX_CONFIG || join(env.DOCKER_CONFIG || join(homedir(), ".docker"), "buildx");
}

/** Folders of the store that are used to write a record. */
const folders = ["", "instances", "defaults", "activity"];

/** Thrown if a new file was to be created but already exists. */
export class RecordExistsError extends Error {}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === "ENOENT";

/** Writes a file of the store atomically. Only the owner can read it. */
export async function writeStored(path: string, content: string, exclusive = false): Promise<void> {
    const target = join(storeFolder(), path);
    // Not beside the target, because buildx treats every file in the folder of records as a record.
    const temporary = join(storeFolder(), ".tmp-");
    try {
        await writeAtomically(target, content, { temporary, mode: 0o600, exclusive, prepare: giveToSudoUser });
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new RecordExistsError(`${target} already exists`);
        throw await unwritable(error, target);
    }
}

/** Creates a folder of the store if it does not exist. */
export async function makeFolder(folder: string): Promise<void> {
    const path = join(storeFolder(), folder);
    try {
        if (await makeFolders(path, 0o700)) await giveToSudoUser(path);
    } catch (error) {
        throw await unwritable(error, path);
    }
}

/** Removes a file or folder of the store with all its content. Does nothing if it does not exist. */
export async function removeFile(path: string): Promise<void> {
    const target = join(storeFolder(), path);
    try {
        await rm(target, { recursive: true, force: true });
    } catch (error) {
        throw await unwritable(error, target);
    }
}

/**
 * Reads a file of the store. Returns `undefined` if the file does not exist.
 *
 * @throws {FileAccessError} if this user may not read the file.
 */
export async function readStored(path: string): Promise<string | undefined> {
    const target = join(storeFolder(), path);
    try {
        return readSmallFile(target);
    } catch (error) {
        if (isMissing(error)) return undefined;
        throw await unreadable(error, target);
    }
}

/**
 * Checks that the store can be written: the folders and the files that are used to write a record. Call it before
 * anything on an engine is created or removed.
 *
 * @throws {FileAccessError} if the store cannot be written.
 */
export async function requireWritableStore(): Promise<void> {
    for (const folder of folders) {
        await makeFolder(folder);
        const path = join(storeFolder(), folder);
        await access(path, constants.W_OK | constants.X_OK).catch(async (error: unknown) => {
            throw await unwritable(error, path);
        });
    }
    // Detects a full disk or an exceeded quota, too. The probe is named like the store's temporary files.
    const probe = `.tmp-${randomBytes(6).toString("hex")}`;
    await writeStored(probe, "probe");
    await removeFile(probe);
    const lock = await openLock();
    await lock?.close();
}

/** Opens buildx's lock file and creates it if it does not exist. Returns `undefined` if the store does not exist. */
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
 * Changes the owner of a file to the user who ran `sudo`, if `sudo` kept that user's home folder and the store is in it
 * (buildx: `util/confutil/config_unix.go`).
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

/** Returns the error for a file or folder of the store that cannot be read. */
export const unreadable = async (error: unknown, path: string): Promise<Error> =>
    new FileAccessError("buildx's store cannot be read", await whyNoAccess(error, about(path, "read")), error);
