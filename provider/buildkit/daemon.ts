/** A buildkitd that is reached by its address, and why it is not reached. */

/** Options of a {@link DaemonError}. */
interface DaemonErrorOptions extends ErrorOptions {
    /** Whether the daemon may still be starting, so that another attempt may succeed. */
    readonly mayBeStarting: boolean;
}

/** Thrown if a buildkitd does not respond. The message says why, and what to do. */
export class DaemonError extends Error {
    readonly mayBeStarting: boolean;

    constructor(message: string, { mayBeStarting, ...options }: DaemonErrorOptions) {
        super(message, options);
        this.mayBeStarting = mayBeStarting;
    }
}

/** Advice for a daemon that does not respond. */
export const startDaemon = "Start buildkitd there, or correct the argument endpoint";

/** Milliseconds that one attempt to query a daemon may take. */
export const attemptTimeout = 8_000;

/** Returns the error for an attempt that took too long. */
export const tooSlow = (milliseconds: number): DaemonError =>
    new DaemonError(`no response within ${milliseconds / 1000} s. ${startDaemon}`, { mayBeStarting: true });
