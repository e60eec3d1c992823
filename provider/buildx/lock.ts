import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Between two tries, in milliseconds. */
const pause = 10;

/**
 * How long the lock is waited for, in milliseconds. `docker buildx rm` holds it while it stops a container. After
 * that the work is done without: each write to the store stands alone as well.
 */
const patience = 30_000;

// <sys/file.h>, the same on Linux, macOS and the BSDs
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Does some work on a store while holding the lock that buildx takes too: `flock(2)` on a file in the store
 * (buildx: `store/store.go`, `Txn`). It is meant for a few file operations, never for a call to an engine.
 */
export async function withStoreLock<T>(store: string, work: () => Promise<T>): Promise<T> {
    const lock = await takeLock(join(store, ".lock"));
    try {
        return await work();
    } finally {
        await lock?.close(); // which gives the lock back
    }
}

async function takeLock(path: string): Promise<FileHandle | undefined> {
    const flock = await loadFlock();
    if (flock === undefined) return undefined;
    const file = await open(path, "a", 0o600).catch(() => undefined);
    if (file === undefined) return undefined;
    const deadline = performance.now() + patience;
    while (flock(file.fd, LOCK_EX | LOCK_NB) !== 0) {
        if (performance.now() > deadline) {
            await file.close();
            return undefined;
        }
        await sleep(pause);
    }
    return file;
}

type Flock = (fd: number, operation: number) => number;

/** The C library's `flock`, which Node.js does not offer; `undefined` where there is none, as on Windows. */
async function loadFlock(): Promise<Flock | undefined> {
    if (process.platform === "win32") return undefined;
    try {
        const { load } = (await import("koffi")).default;
        return load(null).func("int flock(int fd, int operation)") as Flock;
    } catch {
        return undefined;
    }
}
