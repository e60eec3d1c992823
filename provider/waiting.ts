import { setTimeout as sleep } from "node:timers/promises";

/** How long-running work reports what it waits for, and how it is cancelled. */
export interface Waiting {
    /** Shows a short text as the status of the resource. The next text replaces it. */
    readonly report: (text: string) => void;
    /** Aborts when Pulumi or the program is stopped. Each wait then ends with the signal's reason. */
    readonly signal: AbortSignal;
    /** Shows a text that stays on the screen. @default the text is shown as a status */
    readonly warn?: ((text: string) => unknown) | undefined;
}

/**
 * Waits for a number of milliseconds.
 *
 * @throws the signal's reason if the signal aborts. The message of Node.js' own `AbortError` does not contain the
 *   cause.
 */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await untilAborted(sleep(milliseconds, undefined, { signal }), signal);
}

/**
 * Waits for work to finish until a signal aborts. The work itself continues, unless it uses the signal too.
 *
 * @param grace milliseconds that the work may take to end after the signal has aborted; 0 by default.
 * @throws {Error} the error of the work.
 * @throws the signal's reason if the wait ended before the work, or if the work failed with an `AbortError` after the
 *   abort.
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
