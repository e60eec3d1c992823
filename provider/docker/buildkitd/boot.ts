import { queryWorkers, NotReadyError, type Workers } from "../../buildkit/workers";
import { inspectContainer, lastLogLines, startContainer, waitForLog } from "../engine/container";
import { type Engine, engineMessage, failedCall } from "../engine/engine";
import { pause, untilAborted } from "../../waiting";
import { inContainer } from "./inContainer";

/** How long buildkitd may take to respond if no argument sets a limit, in seconds. */
export const defaultBootTimeout = 60;

/** How many lines of buildkitd's log an error shows. */
const shownLines = 15;

/**
 * Returns the pause before the next query, in milliseconds. It is short at first: most boots take less than a second.
 */
const untilNextQuery = (attempt: number) => Math.min(20 * 2 ** attempt, 500);

/** How long to wait for the log before the first query, in milliseconds. It saves queries: each starts a process. */
const logTimeout = 1_000;

/** Thrown if the engine does not start a container. The cause is not in buildkitd. */
export class StartError extends Error {
    /** @param why the engine's message. */
    constructor(
        message: string,
        readonly why: string,
        options: ErrorOptions,
    ) {
        super(message, options);
    }
}

/** Thrown if a buildkitd is running but does not respond in time. */
export class BootTimeoutError extends Error {}

/**
 * Starts a container, and waits until the buildkitd in it responds.
 *
 * @param timeout in seconds.
 * @param signal ends the wait. The container is not changed.
 * @throws {StartError} if the container cannot be started. All other errors are the errors of {@link waitUntilReady}.
 */
export async function boot(engine: Engine, container: string, timeout: number, signal?: AbortSignal): Promise<Workers> {
    try {
        await startContainer(engine, container);
    } catch (error) {
        signal?.throwIfAborted();
        const { message } = failedCall(`${container} cannot be started`, engine, error);
        throw new StartError(message, engineMessage(error), { cause: error });
    }
    // buildkitd listens about 40 ms after its first log line, and a query takes about as long to reach it.
    // Over ssh each connection needs a separate process on both sides, so a query is cheaper than following the log.
    const isExpensive = engine.endpoint.host.startsWith("ssh:");
    if (!isExpensive) await waitForLog(engine, container, Math.min(logTimeout, timeout * 1000), signal);
    return waitUntilReady(engine, container, timeout, signal);
}

/**
 * Waits until the buildkitd in a started container responds.
 *
 * @param timeout in seconds.
 * @param signal ends the wait.
 * @throws {Error} if buildkitd exits or restarts, with the end of its log and the output of `buildctl`.
 * @throws {BootTimeoutError} if buildkitd does not respond in time, with the same text.
 * @throws the signal's reason if the signal aborts.
 */
export async function waitUntilReady(
    engine: Engine,
    container: string,
    timeout: number,
    signal?: AbortSignal,
): Promise<Workers> {
    const deadline = performance.now() + timeout * 1000;
    const buildctl = inContainer(engine, container);
    for (let attempt = 0; ; attempt++) {
        try {
            signal?.throwIfAborted();
            return await queryWorkers(buildctl, signal);
        } catch (error) {
            if (!(error instanceof NotReadyError)) throw error;
            const ended = await untilAborted(whyEnded(engine, container, signal), signal);
            if (ended !== undefined || performance.now() > deadline) {
                const what = ended ?? `did not respond within ${timeout} s`;
                const message = await untilAborted(bootFailure(engine, container, what, error), signal);
                throw ended === undefined ? new BootTimeoutError(message) : new Error(message);
            }
        }
        await pause(untilNextQuery(attempt), signal);
    }
}

/** Returns how a container exited, or `undefined` if it is running and was not restarted. */
async function whyEnded(
    engine: Engine,
    container: string,
    signal: AbortSignal | undefined,
): Promise<string | undefined> {
    // When an engine restarts a container, its exit code is lost until the container exits again.
    for (let attempt = 0; ; attempt++) {
        const found = await inspectContainer(engine, container);
        if (found === undefined) return "was removed by another process";
        const { Running: running, Restarting: restarting, ExitCode: code, OOMKilled: killed } = found.State;
        if (killed) return "was killed because it used more memory than its limit";
        if (!running || restarting) return `exited with code ${code}`;
        if (found.RestartCount === 0) return undefined;
        if (attempt === 20) return `exited and was restarted ${found.RestartCount} times`;
        await pause(50, signal);
    }
}

async function bootFailure(engine: Engine, container: string, what: string, error: NotReadyError): Promise<string> {
    const log = await lastLogLines(engine, container, shownLines);
    return (
        `BuildKit did not boot: buildkitd in ${container} on ${engine.endpoint.host} ${what}.\n` +
        `Last output of buildctl: ${error.message || "(empty)"}\n` +
        `Last lines of buildkitd's log:\n${(log || "(empty)").replace(/^/gm, "  ")}`
    );
}
