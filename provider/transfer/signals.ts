const signals = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs some work that SIGINT and SIGTERM abort. After the work has finished, the signal ends the program, unless the
 * program has its own listener for it.
 */
export async function abortedBySignals<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const controller = new AbortController();
    let received: NodeJS.Signals | undefined;
    const onSignal = (signal: NodeJS.Signals) => {
        received = signal;
        controller.abort(new Error(`canceled by ${signal}`));
    };
    for (const signal of signals) process.on(signal, onSignal);
    try {
        return await work(controller.signal);
    } finally {
        for (const signal of signals) process.off(signal, onSignal);
        if (received !== undefined && process.listenerCount(received) === 0) process.kill(process.pid, received);
    }
}
