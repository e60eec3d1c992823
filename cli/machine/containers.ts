import type { ContainerInfo } from "dockerode";
import { askDisk } from "../../provider/buildkit/disk";
import { askUsage } from "../../provider/buildkit/usage";
import { askWorkers } from "../../provider/buildkit/workers";
import { formatPlatforms } from "../../provider/buildx/platform";
import { inspectContainer, lastLogLines } from "../../provider/docker/container";
import type { Engine } from "../../provider/docker/engine";
import { ownerOf } from "../../provider/docker/ownership";
import type { ContainerFacts } from "./facts";
import { inTime } from "./limit";
import { nodeOfName } from "./names";

/** How closely containers are looked at. */
export interface Depth {
    /** What is in the cache. */
    readonly usage: boolean;
    /** The disk under it, and the log of one that does not run as it should. */
    readonly health: boolean;
}

/** Whether buildx or this package made what has this name and these labels. */
export const isOfInterest = (name: string, labels: Record<string, string> | null): boolean =>
    nodeOfName(name) !== undefined || ownerOf(labels) !== undefined;

/** Its own name, and not one that a link of another container gives it. */
export const nameOf = ({ Names: names, Id: id }: ContainerInfo): string =>
    names.find((name) => name.lastIndexOf("/") === 0)?.slice(1) ?? id;

export async function lookAtContainer(engine: Engine, listed: ContainerInfo, depth: Depth): Promise<ContainerFacts> {
    const name = nameOf(listed);
    const isRunning = listed.State === "running";
    const ask = <T>(isWanted: boolean, question: () => Promise<T>): Promise<T | undefined> =>
        isWanted ? inTime(question().catch(() => undefined)) : Promise.resolve(undefined);
    const [found, workers, usage, disk] = await Promise.all([
        ask(true, () => inspectContainer(engine, name)),
        ask(isRunning, () => askWorkers(engine, name)),
        ask(isRunning && depth.usage, () => askUsage(engine, name)),
        ask(isRunning && depth.health, () => askDisk(engine, name)),
    ]);
    const log = await ask(depth.health && workers === undefined, () => lastLogLines(engine, name, 1));
    return {
        name,
        owner: ownerOf(listed.Labels),
        state: listed.State,
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
