import { setTimeout as sleep } from "node:timers/promises";
import type { Engine } from "../docker/engine";
import { execInContainer } from "../docker/exec";

/** Between two looks at the running builds, in milliseconds. */
const pause = 500;

/** How many builds a running buildkitd is at; 0 where it does not answer, since then it builds nothing. */
export async function countRunningBuilds(engine: Engine, container: string): Promise<number> {
    const command = ["buildctl", "debug", "histories", "--format", "{{json .}}"];
    const result = await execInContainer(engine, container, command).catch(() => undefined);
    if (result?.exitCode !== 0) return 0;
    const builds = result.stdout.split("\n").filter((line) => line.trim() !== "");
    return builds.filter((line) => isRunning(JSON.parse(line) as BuildRecord)).length;
}

/** One line a build, without a time of completion while it runs. */
interface BuildRecord {
    record?: { CompletedAt?: unknown };
}

const isRunning = ({ record }: BuildRecord): boolean => record !== undefined && record.CompletedAt === undefined;

/**
 * Waits until a buildkitd has no running builds.
 *
 * @param seconds how long at most; 0 does not wait at all.
 * @param onWaiting is told the number of builds each time it changes.
 * @returns how many builds still run.
 */
export async function drain(
    engine: Engine,
    container: string,
    seconds: number,
    onWaiting: (builds: number) => void,
): Promise<number> {
    const deadline = performance.now() + seconds * 1000;
    for (let shown = 0; ;) {
        const builds = seconds > 0 ? await countRunningBuilds(engine, container) : 0;
        if (builds === 0 || performance.now() > deadline) return builds;
        if (builds !== shown) onWaiting((shown = builds));
        await sleep(pause);
    }
}
