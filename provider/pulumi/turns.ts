import { untilAborted } from "../waiting";

/** The last piece of work on each thing, which ends however that work does. */
const last = new Map<string, Promise<void>>();

/**
 * Does some work once all that was asked before on the same things has ended. The resources of one `pulumi up` that do not
 * depend on each other are made and changed at once, in one process: an archive would stop the builder that is being made.
 *
 * @param things that the work is on, by name, such as volumes.
 * @param onWait told where others are at work on one of them.
 * @param signal ends the wait; the work is then not begun.
 */
export async function inTurn<Result>(
    things: readonly string[],
    onWait: () => void,
    work: () => Promise<Result>,
    signal?: AbortSignal,
): Promise<Result> {
    // All places are taken at once, so that of two pieces of work each cannot wait for the other.
    const before = things.flatMap((thing) => last.get(thing) ?? []);
    const started = before.length === 0 ? work() : waitFor(before, onWait, signal).then(work);
    // Where the wait was ended, those before are still at work.
    const ended = Promise.allSettled([...before, started]).then(() => {});
    for (const thing of things) last.set(thing, ended);
    void ended.then(() => {
        for (const thing of things) if (last.get(thing) === ended) last.delete(thing);
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
