import { pause, untilAborted, type Waiting } from "../waiting";
import type { Buildctl } from "./buildctl";

/** How long running builds may take to finish before they are cut off, in seconds. */
export const defaultDrainTimeout = 600;

/** Between two counts of the running builds, in milliseconds. */
const untilNextCount = 500;

/** One line per build, without a time of completion while it runs. */
interface BuildRecord {
    record?: { CompletedAt?: unknown };
}

/**
 * Returns how many builds a buildkitd is running; 0 if it does not answer, because it then runs none. BuildKit before
 * v0.12 does not list its builds, and gives 0.
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
 * @param count counts its running builds.
 * @param seconds the longest wait; 0 does not wait at all.
 * @param waiting.report receives the number of running builds each time it changes.
 * @param waiting.signal ends the wait. Nothing has changed then: buildkitd runs and builds.
 * @returns the seconds that are left; 0 if builds still run.
 */
export async function waitForBuilds(
    count: (signal: AbortSignal) => Promise<number>,
    seconds: number,
    { report, signal }: Waiting,
): Promise<number> {
    const deadline = performance.now() + seconds * 1000;
    for (let shown = 0; performance.now() < deadline; await pause(untilNextCount, signal)) {
        const builds = await untilAborted(count(signal), signal);
        signal.throwIfAborted(); // an aborted count is 0
        if (builds === 0) return Math.max(Math.ceil((deadline - performance.now()) / 1000), 1);
        if (builds !== shown) report(`waiting for ${builds} running ${builds === 1 ? "build" : "builds"}`);
        shown = builds;
    }
    return 0;
}
