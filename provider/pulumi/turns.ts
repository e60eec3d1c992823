/** The last piece of work on each thing, which ends however that work does. */
const last = new Map<string, Promise<void>>();

/**
 * Does some work once all that was asked before on the same things has ended. The resources of one `pulumi up` that do not
 * depend on each other are made and changed at once, in one process: an archive would stop the builder that is being made.
 *
 * @param things that the work is on, by name, such as volumes.
 * @param onWait told where others are at work on one of them.
 */
export async function inTurn<Result>(
    things: readonly string[],
    onWait: () => void,
    work: () => Promise<Result>,
): Promise<Result> {
    // All places are taken at once, so that of two pieces of work each cannot wait for the other.
    const before = things.flatMap((thing) => last.get(thing) ?? []);
    const started = before.length === 0 ? work() : waitFor(before, onWait).then(work);
    const ended = started.then(
        () => {},
        () => {},
    );
    for (const thing of things) last.set(thing, ended);
    try {
        return await started;
    } finally {
        for (const thing of things) if (last.get(thing) === ended) last.delete(thing);
    }
}

async function waitFor(before: readonly Promise<void>[], onWait: () => void): Promise<void> {
    onWait();
    await Promise.all(before);
}
