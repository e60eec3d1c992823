import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { pause } from "../waiting";
import { openLock } from "./storeFiles";

/** Between two tries, in milliseconds. */
const untilNextTry = 10;

/**
 * How long the lock is waited for, in milliseconds. `docker buildx rm` holds it while it stops a container. After
 * that the work is done without: each write to the store stands alone as well.
 */
const patience = 30_000;

// <sys/file.h>, the same on Linux, macOS and the BSDs
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Does some work on buildx's store while holding the lock that buildx takes too: `flock(2)` on a file in the store
 * (buildx: `store/store.go`, `Txn`). It is meant for a few file operations, never for a call to an engine.
 *
 * @param signal ends the wait for the lock; the work is then not done.
 * @throws {FileAccessError} where this user may not open the lock: then `docker buildx` fails as well.
 */
export async function withStoreLock<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const flock = await loadFlock();
    const lock = flock && (await openLock());
    try {
        if (lock) await take(flock, lock, LOCK_EX, patience, signal);
        signal?.throwIfAborted();
        return await work();
    } finally {
        await lock?.close(); // which gives the lock back
    }
}

/**
 * Whether someone holds the lock of a store for as long as `milliseconds`; makes no lock where there is none, and holds
 * it up for no one who finds it free.
 */
export async function isLocked(store: string, milliseconds: number): Promise<boolean> {
    const flock = await loadFlock();
    const lock = flock && (await open(lockPath(store), "r").catch(() => undefined));
    try {
        return lock !== undefined && !(await take(flock as Flock, lock, LOCK_SH, milliseconds));
    } finally {
        await lock?.close();
    }
}

export const lockPath = (store: string): string => join(store, ".lock");

/** Whether the lock could be taken within `milliseconds`. */
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

/** The C library's `flock`, which Node.js does not offer; `undefined` where there is none, as on Windows. */
async function findFlock(): Promise<Flock | undefined> {
    if (process.platform === "win32") return undefined;
    try {
        const { load } = (await import("koffi")).default;
        return load(null).func("int flock(int fd, int operation)") as Flock;
    } catch {
        return undefined;
    }
}
