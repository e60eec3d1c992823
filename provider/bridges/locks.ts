import { untilAborted } from "../waiting";

/** The last call on each key. The promise is fulfilled when that call ends, whether it succeeds or fails. */
const last = new Map<string, Promise<void>>();

/**
 * Runs one call at a time on each key. Pulumi creates and updates independent resources concurrently in one process.
 * Without locks, an archive would stop a builder while that builder is being created.
 *
 * @param keys the objects that the call works on, for example the names of volumes.
 * @param onWait is called if another call holds one of the keys.
 * @param signal ends the wait. The call is then not started.
 */
export async function withLocks<Result>(
    keys: readonly string[],
    onWait: () => void,
    work: () => Promise<Result>,
    signal?: AbortSignal,
): Promise<Result> {
    // All keys are queued at once, so that two calls cannot wait for each other.
    const before = keys.flatMap((key) => last.get(key) ?? []);
    const started = before.length === 0 ? work() : waitFor(before, onWait, signal).then(work);
    // If the wait was aborted, the calls before this one still run.
    const ended = Promise.allSettled([...before, started]).then(() => {});
    for (const key of keys) last.set(key, ended);
    void ended.then(() => {
        for (const key of keys) if (last.get(key) === ended) last.delete(key);
    });
    return started;
}

async function waitFor(
    before: readonly Promise<void>[],
    onWait: () => void,
    signal: AbortSignal | undefined,
): Promise<void> {
    onWait();
    await untilAborted(Promise.all(before), signal);
    signal?.throwIfAborted();
}
