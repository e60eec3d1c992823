import { queryWorkers, NotReadyError, type Workers } from "../../buildkit/workers";
import { followLog, inspectContainer, lastLogLines, startContainer } from "../engine/container";
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

/** What buildkitd logs when it listens (buildkit: `cmd/buildkitd/main.go`). */
const listens = "running server on";

/** How long the log is followed, in milliseconds. It saves queries: each starts a process. */
const logTimeout = 3_000;

/** How long one buildkitd's response is used for others, in seconds. buildkitd detects emulators every 20 seconds. */
export const answerHolds = 10;

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

export interface BootOptions {
    /** The longest wait, in seconds. */
    readonly timeout: number;
    /** Ends the wait. The container is not changed. */
    readonly signal?: AbortSignal;
    /**
     * Identifies containers whose buildkitd offers the same if their image is the same, too: their settings. If several
     * such containers boot at once, one of them is queried for all.
     */
    readonly alike?: string;
}

/**
 * Starts a container, and waits until the buildkitd in it responds.
 *
 * @throws {StartError} if the container cannot be started. All other errors are the errors of {@link waitUntilReady}.
 */
export async function boot(
    engine: Engine,
    container: string,
    { timeout, signal, alike }: BootOptions,
): Promise<Workers> {
    try {
        await startContainer(engine, container);
    } catch (error) {
        signal?.throwIfAborted();
        const { message } = failedCall(`${container} cannot be started`, engine, error);
        throw new StartError(message, engineMessage(error), { cause: error });
    }
    const startedAt = performance.now();
    const query = () => waitUntilReady(engine, container, timeout, signal);
    // Over ssh each connection needs a separate process on both sides, so a query is cheaper than following the log.
    if (engine.endpoint.host.startsWith("ssh:")) return query();
    const found = await inspectContainer(engine, container);
    if (found === undefined) return query();
    const { requests } = engine;
    const key = alike === undefined ? `workers of ${found.Id}` : `workers ${found.Image} ${alike}`;
    // An older answer does not contain emulators that were registered before this container was started.
    const ask = () => requests.get(key, answerHolds, query, startedAt);
    for await (const log of followLog(engine, found, Math.min(logTimeout, timeout * 1000), signal)) {
        // buildkitd listens about 40 ms after its first log line, and a query takes about as long to reach it.
        if (!requests.has(key, startedAt)) return ask();
        if (log.includes(listens)) return untilAborted(ask(), signal).catch(query); // it may be the other that failed
    }
    return query();
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
