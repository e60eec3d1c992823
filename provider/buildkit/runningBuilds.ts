import type { ContainerInspectInfo } from "dockerode";
import { inspectContainer, stopContainer } from "../docker/container";
import type { Engine } from "../docker/engine";
import { execInContainer } from "../docker/exec";
import { pause, untilAborted, type Waiting } from "../waiting";
import { stateFolder } from "./stateFolder";

/** Seconds that running builds get to come to their end, before they are cut off. */
export const defaultDrainTimeout = 600;

/** Between two looks at the running builds, in milliseconds. */
const untilNextLook = 500;

/** How many builds a running buildkitd is at; 0 where it does not answer, since then it builds nothing. */
export async function countRunningBuilds(engine: Engine, container: string, signal?: AbortSignal): Promise<number> {
    if (!mayBuild(await inspectContainer(engine, container))) return 0;
    const command = ["buildctl", "debug", "histories", "--format", "{{json .}}"];
    const result = await execInContainer(engine, container, command, signal).catch(() => undefined);
    if (result?.exitCode !== 0) return 0;
    const builds = result.stdout.split("\n").filter((line) => line.trim() !== "");
    return builds.filter((line) => isRunning(JSON.parse(line) as BuildRecord)).length;
}

/**
 * Whether anyone may be building. Each client of buildx reaches buildkitd through a process of its own in the container
 * (buildx: `driver/docker-container/driver.go`, `Dial`), and the build ends with it. Only a buildkitd that is reached in
 * another way as well, by an address or a folder of its own, may build for someone else.
 */
export function mayBuild(container: Inspected | undefined): boolean {
    if (container?.State.Running !== true) return false;
    const { ExecIDs: processes, Config: config, Mounts: mounts } = container;
    const isReachedOtherwise =
        (config.Cmd ?? []).some((flag) => /^--(addr|config)\b/.test(flag)) ||
        mounts.some(({ Destination: folder }) => folder !== stateFolder);
    return isReachedOtherwise || processes === undefined || (processes ?? []).length > 0;
}

/** What is looked at of a container. The client's types have no `null`, which the engine says for no processes. */
interface Inspected {
    readonly State: Pick<ContainerInspectInfo["State"], "Running">;
    readonly Config: { readonly Cmd?: readonly string[] | null };
    readonly Mounts: readonly { readonly Destination: string }[];
    readonly ExecIDs?: readonly string[] | null | undefined;
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
 * @param waiting.report is told how many builds run each time that changes.
 * @param waiting.signal ends the wait. Then nothing has changed: buildkitd runs and builds.
 * @returns the seconds that are left; 0 where builds still run.
 */
export async function waitForBuilds(
    engine: Engine,
    container: string,
    seconds: number,
    { report, signal }: Waiting,
): Promise<number> {
    const deadline = performance.now() + seconds * 1000;
    for (let shown = 0; performance.now() < deadline; await pause(untilNextLook, signal)) {
        const builds = await untilAborted(countRunningBuilds(engine, container, signal), signal);
        signal.throwIfAborted(); // what was cut off gives no builds
        if (builds === 0) return Math.max(Math.ceil((deadline - performance.now()) / 1000), 1);
        if (builds !== shown) report(`waiting for ${builds} running ${builds === 1 ? "build" : "builds"}`);
        shown = builds;
    }
    return 0;
}

/**
 * Lets a buildkitd come to its end: waits until it has no running builds, and then stops it, upon which it finishes
 * what was begun in between. Older ones cut running builds off when they are stopped (moby/buildkit#4090), so that they
 * are not stopped before.
 *
 * @param seconds how long at most; 0 does not wait at all, and leaves buildkitd to be killed.
 * @param waiting.report is told how many builds run each time that changes.
 * @param waiting.signal ends the wait. A buildkitd that was not told to stop yet goes on; one that was finishes what it
 *   builds and stops.
 */
export async function drain(engine: Engine, container: string, seconds: number, waiting: Waiting): Promise<void> {
    const left = await waitForBuilds(engine, container, seconds, waiting);
    if (left > 0) await stopContainer(engine, container, left, waiting.signal);
}
