import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { pause } from "../waiting";
import { openLock } from "./storeFiles";

/** Milliseconds between two attempts to take the lock. */
const untilNextTry = 10;

/**
 * Milliseconds to wait for the lock. `docker buildx rm` holds the lock while it stops a container. After this time the
 * work runs without the lock, because each write to the store is also atomic by itself.
 */
const patience = 30_000;

// <sys/file.h>, the same on Linux, macOS and the BSDs
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Runs work on buildx's store while it holds the lock that buildx takes too: `flock(2)` on a file in the store (buildx:
 * `store/store.go`, `Txn`). Use it for a few file operations, never for a call to an engine.
 *
 * @param signal ends the wait for the lock. The work is then not started.
 * @throws {FileAccessError} if this user may not open the lock. `docker buildx` then fails as well.
 */
export async function withStoreLock<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const flock = await loadFlock();
    const lock = flock && (await openLock());
    try {
        if (lock) await take(flock, lock, LOCK_EX, patience, signal);
        signal?.throwIfAborted();
        return await work();
    } finally {
        await lock?.close(); // also releases the lock
    }
}

/**
 * Whether another process holds the lock of a store for at least `milliseconds`. Does not create a missing lock file.
 * If the lock is free, this function releases it at once.
 */
export async function isLocked(store: string, milliseconds: number): Promise<boolean> {
    const flock = await loadFlock().catch(() => undefined);
    const lock = flock && (await open(lockPath(store), "r").catch(() => undefined));
    try {
        return lock !== undefined && !(await take(flock as Flock, lock, LOCK_SH, milliseconds));
    } finally {
        await lock?.close();
    }
}

export const lockPath = (store: string): string => join(store, ".lock");

/** Takes a lock. Reports whether it succeeded within `milliseconds`. */
async function take(
    flock: Flock,
    file: FileHandle,
    kind: number,
    milliseconds: number,
    signal?: AbortSignal,
): Promise<boolean> {
    const deadline = performance.now() + milliseconds;
    while (flock(file.fd, kind | LOCK_NB) !== 0) {
        if (performance.now() > deadline) return false;
        await pause(untilNextTry, signal);
    }
    return true;
}

type Flock = (fd: number, operation: number) => number;

let loaded: Promise<Flock | undefined> | undefined;

const loadFlock = (): Promise<Flock | undefined> => (loaded ??= findFlock());

/**
 * Loads `flock` from the C library, because Node.js does not offer it. `undefined` on Windows, which has no `flock`.
 *
 * @throws {Error} if koffi, which calls the C library, is not installed for this machine. Without the lock, buildx and
 *   this package could overwrite each other's records.
 */
async function findFlock(): Promise<Flock | undefined> {
    if (process.platform === "win32") return undefined;
    try {
        const { load } = (await import("koffi")).default;
        return load(null).func("int flock(int fd, int operation)") as Flock;
    } catch (error) {
        throw new Error(
            `buildx's store cannot be locked: koffi does not load on ${process.platform}-${process.arch} ` +
                `(${(error as Error).message.split("\n")[0]}). Install pulumi-buildx again without --omit=optional`,
            { cause: error },
        );
    }
}
