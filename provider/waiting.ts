import { setTimeout as sleep } from "node:timers/promises";

/** How work that may take a while shows what it waits for, and learns that it has to end. */
export interface Waiting {
    /** Shows a few words as the status of the resource; the next ones replace them. */
    readonly report: (text: string) => void;
    /** Aborts when Pulumi, or the program, is told to stop. Each wait ends then, with the signal's reason. */
    readonly signal: AbortSignal;
    /** Shows a text that stays on the screen. Default: as a status. */
    readonly warn?: ((text: string) => unknown) | undefined;
}

/**
 * Waits for a time.
 *
 * @throws the signal's own reason, rather than the `AbortError` of Node.js, whose message says nothing of the cause.
 */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await untilAborted(sleep(milliseconds, undefined, { signal }), signal);
}

/**
 * Waits for some work until a signal aborts. The work itself goes on, unless it knows the signal too.
 *
 * @param grace milliseconds that the work gets to end after the signal has aborted. Default: 0.
 * @throws the failure of the work, or the signal's reason where the work was given up or failed with an `AbortError`.
 */
export function untilAborted<Result>(
    work: Promise<Result>,
    signal: AbortSignal | undefined,
    grace = 0,
): Promise<Result> {
    if (signal === undefined) return work;
    return new Promise((resolve, reject) => {
        let timer: NodeJS.Timeout | undefined;
        const onAbort = () => (timer = setTimeout(() => reject(signal.reason as Error), grace));
        const stopListening = () => {
            signal.removeEventListener("abort", onAbort);
            clearTimeout(timer);
        };
        if (signal.aborted) onAbort();
        else signal.addEventListener("abort", onAbort, { once: true });
        work.then(
            (result) => {
                stopListening();
                resolve(result);
            },
            (error: Error) => {
                stopListening();
                reject(signal.aborted && error.name === "AbortError" ? (signal.reason as Error) : error);
            },
        );
    });
}
