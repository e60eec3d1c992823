/** Tries again what failed for a reason that passes. */
import { pause as wait } from "./waiting";

export interface Retrying {
    /**
     * For how many seconds work that failed so is tried again; 0: not at all.
     *
     * @param error what the work was ended with.
     */
    readonly patience: (error: Error) => number;
    /**
     * Is told of each failure after which the work is tried again.
     *
     * @param pause seconds until then.
     * @param left seconds until no new attempt is made.
     */
    readonly onRetry: (error: Error, pause: number, left: number) => void;
    /** Ends the pause, and keeps the next attempt from being made. */
    readonly signal: AbortSignal;
    /** When the seconds begin, of `performance.now()`. Default: with the first failure, since one attempt may take long. */
    readonly since?: number;
}

/** The first pause, in seconds; each further one is twice as long, up to {@link longestPause}. */
const firstPause = 0.5;

const longestPause = 10;

/** The pause after a number of failures, in seconds, without the share that is left to chance. */
export const pauseAfter = (failures: number): number => Math.min(firstPause * 2 ** (failures - 1), longestPause);

/**
 * Runs `work` until it succeeds, fails for good, or its time is over.
 *
 * @throws the last failure; the signal's reason where that is aborted.
 */
export async function retry<T>(work: () => Promise<T>, { patience, onRetry, signal, ...given }: Retrying): Promise<T> {
    let { since } = given;
    for (let failures = 1; ; failures++) {
        signal.throwIfAborted();
        try {
            return await work();
        } catch (failure) {
            signal.throwIfAborted();
            const error = failure as Error;
            since ??= performance.now();
            const left = patience(error) - (performance.now() - since) / 1000;
            if (left <= 0) throw error;
            // Nodes and resources that failed together do not ask again together.
            const pause = Math.min(pauseAfter(failures) * (0.8 + 0.4 * Math.random()), left);
            onRetry(error, pause, left);
            await wait(pause * 1000, signal);
        }
    }
}

/** A number of seconds for a status line: `0.5 s`, `2 s`. */
export const seconds = (value: number): string =>
    `${value < 1 ? Math.max(value, 0.1).toFixed(1) : Math.round(value)} s`;
