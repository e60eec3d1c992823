/**
 * Handles Ctrl-C and SIGTERM. Work in progress is finished first, so that nothing is created during the cleanup. A
 * second signal ends the program at once.
 */
const interrupting = new AbortController();

let code = 1;

function interrupt(signal: NodeJS.Signals): void {
    code = signal === "SIGINT" ? 130 : 143;
    if (interrupting.signal.aborted) process.exit(code);
    console.error(`bench: ${signal}: cleaning up`);
    interrupting.abort(new Error(`interrupted by ${signal}`));
}

/** Throws if the program was interrupted. */
export const throwIfInterrupted = (): void => interrupting.signal.throwIfAborted();

/** Does some work. If a signal interrupts it, the program's exit code shows the signal. */
export async function interruptible<T>(work: () => Promise<T>): Promise<T> {
    process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
    try {
        return await work();
    } finally {
        process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
        if (interrupting.signal.aborted) process.exitCode = code;
    }
}
