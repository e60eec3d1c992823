import { setTimeout as sleep } from "node:timers/promises";
import type { ContainerInfo, ContainerInspectInfo } from "dockerode";
import { queryUsage } from "../../provider/buildkit/usage";
import { queryWorkers } from "../../provider/buildkit/workers";
import { formatPlatforms } from "../../provider/text/platform";
import { waitUntilReady } from "../../provider/docker/buildkitd/boot";
import { queryDisk } from "../../provider/docker/buildkitd/disk";
import { inContainer } from "../../provider/docker/buildkitd/inContainer";
import { inspectContainer, lastLogLines } from "../../provider/docker/engine/container";
import type { Engine } from "../../provider/docker/engine/engine";
import { ownerOf } from "../../provider/ownership";
import type { ContainerFacts } from "./facts";
import { withTimeout } from "./timeout";
import { nodeOfName } from "./names";

/** How closely containers are inspected. */
export interface Depth {
    /** Whether to query the disk usage of the cache. */
    readonly usage: boolean;
    /** Whether to query the disk below the state, and the log of a container that does not run as it should. */
    readonly health: boolean;
}

/** Whether buildx or this package created an object with this name and these labels. */
export const isOfInterest = (name: string, labels: Record<string, string> | null): boolean =>
    nodeOfName(name) !== undefined || ownerOf(labels) !== undefined;

/** Returns the container's own name, not a name that a link of another container gives it. */
export const nameOf = ({ Names: names, Id: id }: ContainerInfo): string =>
    names.find((name) => name.lastIndexOf("/") === 0)?.slice(1) ?? id;

/** The time that buildkitd gets to boot, in seconds. */
const bootTime = 3;

/**
 * Inspects a container. If the container restarts repeatedly, waits for an inspection that shows how it exited, because
 * the engine does not report that while the container runs. The engine's restart delay soon exceeds the time that the
 * container runs.
 */
async function inspectEnded(engine: Engine, name: string): Promise<ContainerInspectInfo | undefined> {
    for (let attempt = 0; ; attempt++) {
        const found = await inspectContainer(engine, name);
        const { State: state, RestartCount: restarts = 0 } = found ?? {};
        if (state?.Running !== true || state.Restarting || restarts === 0 || attempt === 20) return found;
        if (Date.now() - Date.parse(state.StartedAt) > bootTime * 1000) return found; // it stays up now
        await sleep(100);
    }
}

export async function collectContainer(engine: Engine, listed: ContainerInfo, depth: Depth): Promise<ContainerFacts> {
    const name = nameOf(listed);
    const buildctl = inContainer(engine, name);
    const isRunning = listed.State === "running";
    const query = <T>(isWanted: boolean, send: () => Promise<T>): Promise<T | undefined> =>
        isWanted ? withTimeout(send().catch(() => undefined)) : Promise.resolve(undefined);
    const [found, workers, usage, disk] = await Promise.all([
        query(true, () => (depth.health ? inspectEnded(engine, name) : inspectContainer(engine, name))),
        // For `doctor`, waits while a container that has just been started boots.
        query(isRunning, () => (depth.health ? waitUntilReady(engine, name, bootTime) : queryWorkers(buildctl))),
        query(isRunning && depth.usage, () => queryUsage(buildctl)),
        query(isRunning && depth.health, () => queryDisk(engine, name)),
    ]);
    const log = await query(depth.health && workers === undefined, () => lastLogLines(engine, name, 1));
    return {
        name,
        owner: ownerOf(listed.Labels),
        state: found?.State.Status ?? listed.State,
        exitCode: found?.State.ExitCode ?? 0,
        oomKilled: found?.State.OOMKilled ?? false,
        memory: found?.HostConfig.Memory ?? 0,
        volumes: listed.Mounts.flatMap((mount) => mount.Name ?? []),
        workers: workers && { platforms: formatPlatforms(workers.platforms), version: workers.version },
        usage,
        disk,
        lastLogLine: log?.trim(),
    };
}
