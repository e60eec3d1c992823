/** Waits for the copy of another program, and removes the helper container that a killed program left. */
import { hostname } from "node:os";
import type { ContainerInspectInfo } from "dockerode";
import { inspectContainer, removeContainer, startContainer } from "../docker/engine/container";
import { type Engine, ifNotFound } from "../docker/engine/engine";
import { pause, untilAborted, type Waiting } from "../waiting";

/** The name of the helper of a volume. */
export const helperName = (volume: string): string => `${volume}_copy`;

export const runnerLabel = "io.github.pulumi-buildx.copied-by";
export const stopsLabel = "io.github.pulumi-buildx.stopped-for-copy";

/** Identifies the program that runs the copy: its host and its process id. */
export const currentProcess = (): string => `${hostname()}/${process.pid}`;

/** The interval at which another program's helper is inspected, in milliseconds. */
const pollInterval = 500;

/** How long the program that created a helper may take to remove it after it has ended, in milliseconds. */
const grace = 10_000;

/** A volume that another program may be copying. */
export interface CopiedVolume extends Waiting {
    readonly engine: Engine;
    readonly volume: string;
}

/**
 * Waits while another program copies a volume, and removes the helper that a killed program left. In both cases the
 * builder of the volume is started again.
 */
export async function waitForCopy({ engine, volume, report, signal }: CopiedVolume): Promise<void> {
    let endedAt: number | undefined;
    for (let attempt = 0; ; attempt++) {
        const found = await untilAborted(inspectContainer(engine, helperName(volume)), signal);
        if (found === undefined) return;
        if (!isActive(found)) endedAt ??= performance.now();
        const isLeft = isAbandoned(found) || (endedAt !== undefined && performance.now() - endedAt > grace);
        if (isLeft) return clear(engine, found);
        if (attempt === 0)
            report(`waiting for container ${helperName(volume)}, with which another program copies the volume`);
        await pause(pollInterval, signal);
    }
}

/**
 * Removes the helper that a killed program left for a volume, if there is one, and starts the builder that it stopped.
 */
export async function clearAbandoned(engine: Engine, volume: string): Promise<void> {
    const found = await inspectContainer(engine, helperName(volume));
    if (found !== undefined && isAbandoned(found)) await clear(engine, found);
}

const isActive = ({ State: { Status: status } }: ContainerInspectInfo) => status === "created" || status === "running";

/**
 * Whether the program that created a helper ran on this host and does not run any more. For a program on another host
 * this is not known, so only the status of its helper counts.
 */
function isAbandoned({ Config: { Labels: labels } }: ContainerInspectInfo): boolean {
    const [host, pid] = (labels[runnerLabel] ?? "").split("/");
    return host === hostname() && !isAlive(Number(pid));
}

/** Returns whether a process of this host is running. */
export function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as NodeJS.ErrnoException).code !== "ESRCH";
    }
}

/**
 * Removes a helper, after it starts the builder that was stopped for the copy. As long as the helper exists, the next
 * program knows that the builder has to be started.
 */
async function clear(engine: Engine, { Id: id, Config: { Labels: labels } }: ContainerInspectInfo): Promise<void> {
    const stopped = labels[stopsLabel];
    // The helper may hold the lock that the builder needs.
    await engine.api
        .getContainer(id)
        .kill()
        .catch(() => {});
    if (stopped) await startContainer(engine, stopped).catch(ifNotFound);
    await removeContainer(engine, id);
}
