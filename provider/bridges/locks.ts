import { untilAborted } from "../waiting";

/** The last call on each key. The promise fulfills when that call ends, whether it succeeds or fails. */
const last = new Map<string, Promise<void>>();

/**
 * Runs one call at a time on each key. Pulumi creates and updates resources that do not depend on each other at the same
 * time, in one process: without locks an archive would stop a builder while that builder is being created.
 *
 * @param keys what the call works on, for example the names of volumes.
 * @param onWait called if another call holds one of the keys.
 * @param signal ends the wait; the call is then not started.
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
