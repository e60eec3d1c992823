const signals = ["SIGINT", "SIGTERM"] as const;

/**
 * Does some work that SIGINT and SIGTERM abort. Once it has come to its end, the program ends as it would have without
 * this, unless it listens to the signal itself.
 */
export async function abortedBySignals<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const controller = new AbortController();
    let received: NodeJS.Signals | undefined;
    const onSignal = (signal: NodeJS.Signals) => {
        received = signal;
        controller.abort(new Error(`stopped by ${signal}`));
    };
    for (const signal of signals) process.on(signal, onSignal);
    try {
        return await work(controller.signal);
    } finally {
        for (const signal of signals) process.off(signal, onSignal);
        if (received !== undefined && process.listenerCount(received) === 0) process.kill(process.pid, received);
    }
}
