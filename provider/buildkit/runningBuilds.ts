import { pause, untilAborted, type Waiting } from "../waiting";
import type { Buildctl } from "./buildctl";

/** Seconds that running builds may take to finish before they are stopped. */
export const defaultDrainTimeout = 600;

/** Milliseconds between two counts of the running builds. */
const untilNextCount = 500;

/** One line of output for each build. A running build has no time of completion. */
interface BuildRecord {
    record?: { CompletedAt?: unknown };
}

/**
 * Returns the number of builds that a buildkitd is running. If buildkitd does not respond, it runs none, so the number
 * is 0. BuildKit before v0.12 does not list its builds, so the number is 0 there too.
 */
export async function countRunningBuilds(buildctl: Buildctl, signal?: AbortSignal): Promise<number> {
    const args = ["debug", "histories", "--format", "{{json .}}"];
    const result = await buildctl.run(args, signal).catch(() => undefined);
    if (result?.exitCode !== 0) return 0;
    const builds = result.stdout.split("\n").filter((line) => line.trim() !== "");
    return builds.filter((line) => isRunning(JSON.parse(line) as BuildRecord)).length;
}

const isRunning = ({ record }: BuildRecord): boolean => record !== undefined && record.CompletedAt === undefined;

/**
 * Waits until a buildkitd runs no builds.
 *
 * @param count counts the running builds.
 * @param seconds the longest wait. 0 does not wait at all.
 * @param waiting.report is called with a text each time the number of running builds changes.
 * @param waiting.signal ends the wait. Nothing changes then: buildkitd and its builds keep running.
 * @returns the seconds that are left; 0 if builds are still running.
 */
export async function waitForBuilds(
    count: (signal: AbortSignal) => Promise<number>,
    seconds: number,
    { report, signal }: Waiting,
): Promise<number> {
    const deadline = performance.now() + seconds * 1000;
    for (let shown = 0; performance.now() < deadline; await pause(untilNextCount, signal)) {
        const builds = await untilAborted(count(signal), signal);
        signal.throwIfAborted(); // an aborted count returns 0
        if (builds === 0) return Math.max(Math.ceil((deadline - performance.now()) / 1000), 1);
        if (builds !== shown) report(`waiting for ${builds} running ${builds === 1 ? "build" : "builds"}`);
        shown = builds;
    }
    return 0;
}
