/** Retries work that failed for a temporary reason. */
import { pause as wait } from "./waiting";

export interface Retrying {
    /**
     * Returns the seconds during which work that failed with this error is retried. 0 means no retry.
     *
     * @param error the error of the work.
     */
    readonly patience: (error: Error) => number;
    /**
     * Is called after each failure that is followed by a retry.
     *
     * @param pause seconds until the retry.
     * @param left seconds until no further attempt is started.
     */
    readonly onRetry: (error: Error, pause: number, left: number) => void;
    /** Ends the pause and prevents the next attempt. */
    readonly signal: AbortSignal;
    /**
     * Time from which the seconds count, as returned by `performance.now()`.
     * @default the time of the first failure, because one attempt may take long
     */
    readonly since?: number;
}

/** Seconds of the first pause. Each further pause is twice as long, up to {@link longestPause}. */
const firstPause = 0.5;

const longestPause = 10;

/** Returns the seconds of the pause after a number of failures, without the random part. */
export const pauseAfter = (failures: number): number => Math.min(firstPause * 2 ** (failures - 1), longestPause);

/**
 * Runs `work` until it succeeds, fails permanently, or its time is over.
 *
 * @throws {Error} the last error of the work.
 * @throws the signal's reason if the signal aborts.
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
            // The random part spreads the retries of nodes and resources that failed together.
            const pause = Math.min(pauseAfter(failures) * (0.8 + 0.4 * Math.random()), left);
            onRetry(error, pause, left);
            await wait(pause * 1000, signal);
        }
    }
}

/** Formats a number of seconds for a status line: `0.5 s`, `2 s`. */
export const seconds = (value: number): string =>
    `${value < 1 ? Math.max(value, 0.1).toFixed(1) : Math.round(value)} s`;
