/**
 * Ctrl-C, and SIGTERM. What is begun is finished, so that nothing is made any more when the cleaning up begins; the second
 * signal ends the program at once.
 */
const interrupting = new AbortController();

let code = 1;

function interrupt(signal: NodeJS.Signals): void {
    code = signal === "SIGINT" ? 130 : 143;
    if (interrupting.signal.aborted) process.exit(code);
    console.error(`bench: ${signal}: cleaning up`);
    interrupting.abort(new Error(`interrupted by ${signal}`));
}

/** Throws once the program was asked to end. */
export const throwIfInterrupted = (): void => interrupting.signal.throwIfAborted();

/** Does some work, and has the program's exit code tell of an interruption in between. */
export async function interruptible<T>(work: () => Promise<T>): Promise<T> {
    process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
    try {
        return await work();
    } finally {
        process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
        if (interrupting.signal.aborted) process.exitCode = code;
    }
}
