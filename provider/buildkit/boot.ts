import { inspectContainer, lastLogLines, startContainer, waitForLog } from "../docker/container";
import { type Engine, engineMessage, failedCall } from "../docker/engine";
import { pause, untilAborted } from "../waiting";
import { askWorkers, NotReadyError, type Workers } from "./workers";

/** Lines of buildkitd's log that an error carries. */
const shownLines = 15;

/** Between two questions, in milliseconds: short at first, since most boots take a fraction of a second. */
const untilNextQuestion = (attempt: number) => Math.min(20 * 2 ** attempt, 500);

/** How long its log is waited for before the first question, in milliseconds: each question starts a process. */
const logTimeout = 1_000;

/** Thrown if the engine does not start a container: nothing that its buildkitd could change. */
export class StartError extends Error {
    /** @param why the engine's own sentence. */
    constructor(
        message: string,
        readonly why: string,
        options: ErrorOptions,
    ) {
        super(message, options);
    }
}

/** Thrown if a buildkitd runs and does not answer in time. */
export class BootTimeoutError extends Error {}

/**
 * Starts a container, and waits until the buildkitd in it answers.
 *
 * @param timeout in seconds.
 * @param signal ends the wait; the container is then left as it is.
 * @throws as {@link waitUntilReady}, and {@link StartError} if the container cannot be started.
 */
export async function boot(engine: Engine, container: string, timeout: number, signal?: AbortSignal): Promise<Workers> {
    try {
        await startContainer(engine, container);
    } catch (error) {
        signal?.throwIfAborted();
        const { message } = failedCall(`${container} cannot be started`, engine, error);
        throw new StartError(message, engineMessage(error), { cause: error });
    }
    // buildkitd listens some 40 ms after its first line, and a question takes about as long to reach it.
    // Over ssh each connection is a process of its own, on both sides; a question is cheaper there.
    const isDear = engine.endpoint.host.startsWith("ssh:");
    if (!isDear) await waitForLog(engine, container, Math.min(logTimeout, timeout * 1000), signal);
    return waitUntilReady(engine, container, timeout, signal);
}

/**
 * Waits until the buildkitd in a started container answers.
 *
 * @param timeout in seconds.
 * @param signal ends the wait.
 * @throws where it ends or restarts: with the end of its log and what the worker answered.
 * @throws BootTimeoutError with the same, where it stays silent.
 * @throws the signal's reason once that aborts.
 */
export async function waitUntilReady(
    engine: Engine,
    container: string,
    timeout: number,
    signal?: AbortSignal,
): Promise<Workers> {
    const deadline = performance.now() + timeout * 1000;
    for (let attempt = 0; ; attempt++) {
        try {
            signal?.throwIfAborted();
            return await askWorkers(engine, container, signal);
        } catch (error) {
            if (!(error instanceof NotReadyError)) throw error;
            const ended = await untilAborted(whyEnded(engine, container, signal), signal);
            if (ended !== undefined || performance.now() > deadline) {
                const what = ended ?? `did not answer within ${timeout} s`;
                const message = await untilAborted(bootFailure(engine, container, what, error), signal);
                throw ended === undefined ? new BootTimeoutError(message) : new Error(message);
            }
        }
        await pause(untilNextQuestion(attempt), signal);
    }
}

/** How a container ended, or `undefined` while it runs for the first time. */
async function whyEnded(
    engine: Engine,
    container: string,
    signal: AbortSignal | undefined,
): Promise<string | undefined> {
    // An engine that starts it again forgets its exit code until it ends the next time.
    for (let attempt = 0; ; attempt++) {
        const found = await inspectContainer(engine, container);
        if (found === undefined) return "was removed by someone else";
        const { Running: running, Restarting: restarting, ExitCode: code, OOMKilled: killed } = found.State;
        if (killed) return "was killed because it used more memory than its limit";
        if (!running || restarting) return `ended with exit code ${code}`;
        if (found.RestartCount === 0) return undefined;
        if (attempt === 20) return `ended and was started again, ${found.RestartCount} times`;
        await pause(50, signal);
    }
}

async function bootFailure(engine: Engine, container: string, what: string, answer: NotReadyError): Promise<string> {
    const log = await lastLogLines(engine, container, shownLines);
    return (
        `BuildKit did not boot: buildkitd in ${container} on ${engine.endpoint.host} ${what}.\n` +
        `The worker answered: ${answer.message || "nothing"}\n` +
        `The end of buildkitd's log:\n${(log || "(empty)").replace(/^/gm, "  ")}`
    );
}
