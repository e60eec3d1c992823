import { addAbortSignal, type Readable } from "node:stream";
import type { VolumeInspectInfo } from "dockerode";
import { queryWorkers } from "../buildkit/workers";
import { boot, defaultBootTimeout } from "../docker/buildkitd/boot";
import { waitForBuildsIn } from "../docker/buildkitd/drain";
import { inContainer } from "../docker/buildkitd/inContainer";
import { inspectContainer, isRunning, removeContainer, stopContainer } from "../docker/engine/container";
import type { Engine } from "../docker/engine/engine";
import { readAll, stdoutOf } from "../streams";
import { containersOf, isTmpfs, tmpfsForgets } from "../docker/engine/volume";
import type { Copying } from "./helperContainer";

/** How long a buildkitd without builds may take to stop, in seconds. */
const stopTimeout = 10;

/** The builder that works on a volume, as it is before a copy. */
export interface Builder {
    readonly container: string;
    readonly isRunning: boolean;
    /** The ID of its image. */
    readonly image: string;
}

/**
 * Checks that a volume keeps its content while its builder is stopped.
 *
 * @throws {Error} if it does not: a tmpfs.
 */
export function requireCopyable(
    { Name: name, Driver: driver, Options: options }: VolumeInspectInfo,
    host: string,
): void {
    if (!isTmpfs(driver, options)) return;
    throw new Error(
        `volume ${name} on ${host} cannot be copied: ${tmpfsForgets}, and the builder must be stopped for the copy. ` +
            `Keep the state on a disk, with volumeDriverOpts`,
    );
}

/**
 * Returns the builder that works on a volume, or `undefined` if there is none.
 *
 * @throws {Error} if other running containers use the volume, or if the builder is paused.
 */
export async function findBuilderOf(engine: Engine, volume: string): Promise<Builder | undefined> {
    const container = volume.replace(/_state$/, "");
    const [found, users] = await Promise.all([inspectContainer(engine, container), containersOf(engine, volume)]);
    const others = users.filter(({ name, isRunning: runs }) => runs && name !== container).map(({ name }) => name);
    if (others.length > 0) {
        throw new Error(
            `volume ${volume} on ${engine.endpoint.host} is in use by container ${others.join(", ")}, which is not a buildx builder. ` +
                `Stop the container for the copy with: docker stop ${others.join(" ")}`,
        );
    }
    const isMounted = found?.Mounts.some(({ Name: name }) => name === volume);
    if (found === undefined || !isMounted) return undefined;
    if (found.State.Paused) {
        throw new Error(
            `volume ${volume} on ${engine.endpoint.host} cannot be copied: container ${container} is paused, so it ` +
                `cannot finish its builds and keeps using the volume. Unpause it with: docker unpause ${container}`,
        );
    }
    return { container, isRunning: isRunning(found), image: found.Image };
}

/** Returns the version of a builder's BuildKit, for example `v0.34.2`; empty if it is not known. */
export async function versionOf(engine: Engine, builder: Builder | undefined, signal: AbortSignal): Promise<string> {
    if (builder === undefined) return "";
    const { container, isRunning: runs, image } = builder;
    const query = runs
        ? queryWorkers(inContainer(engine, container), signal).then(({ version }) => version)
        : versionIn(engine, image, signal);
    return query.catch(() => "");
}

/** Returns the version of the buildkitd in an image, from a temporary container; empty if it is not known. */
async function versionIn(engine: Engine, image: string, signal: AbortSignal): Promise<string> {
    const { api } = engine;
    const options = { Image: image, Entrypoint: ["buildkitd"], Cmd: ["--version"], NetworkDisabled: true };
    const container = await api.createContainer({ ...options, HostConfig: { NetworkMode: "none" } });
    try {
        const streams = { stream: true, stdout: true, stderr: true };
        const frames = (await container.attach(streams)) as unknown as Readable;
        await container.start();
        const output = await readAll(stdoutOf(addAbortSignal(signal, frames), () => {}));
        return /\b(v\d\S*)/.exec(output.toString("utf8"))?.[1] ?? "";
    } finally {
        await removeContainer(engine, container.id);
    }
}

/**
 * Runs some work while a builder is stopped: waits for its running builds, stops it, runs the work, and starts it again
 * even if the work fails. The builder is stopped and not paused, in case this program is killed: with the next build
 * buildx starts a stopped builder, but nothing unpauses a paused one.
 *
 * @param drainTimeout the longest wait for running builds, in seconds. Builds that still run then are aborted.
 * @returns the result of the work, and the number of seconds in which no build could run.
 */
export async function withStoppedBuilder<Result>(
    { engine, report, signal }: Copying,
    builder: Builder | undefined,
    drainTimeout: number,
    work: () => Promise<Result>,
): Promise<{ result: Result; stoppedFor: number }> {
    if (!builder?.isRunning) return { result: await work(), stoppedFor: 0 };
    const { container } = builder;
    const left = await waitForBuildsIn(engine, container, drainTimeout, { report, signal });
    const start = performance.now();
    const restart = () => startAgain(engine, container);
    let result: Result;
    try {
        // buildkitd finishes builds that began after the wait. The signal does not end this step, because the container
        // must have stopped before it can be started again.
        await stopContainer(engine, container, Math.max(left, stopTimeout));
        signal.throwIfAborted();
        result = await work();
    } catch (error) {
        await restart().catch((starting: Error) => {
            throw new Error(`${(error as Error).message}\n${starting.message}`, { cause: error });
        });
        throw error;
    }
    await restart();
    return { result, stoppedFor: Math.round((performance.now() - start) / 100) / 10 };
}

/**
 * Starts a builder, and waits until builds can run. If another process started it during the copy, buildkitd exited
 * each time because it could not take the lock, and the engine's restart delay has grown. In that case the container is
 * stopped first, which resets that delay.
 */
async function startAgain(engine: Engine, container: string): Promise<void> {
    try {
        const found = await inspectContainer(engine, container);
        const isRetried = found?.State.Restarting === true || (found?.State.Running === true && found.RestartCount > 0);
        if (isRetried) await stopContainer(engine, container, stopTimeout);
        await boot(engine, container, { timeout: defaultBootTimeout });
    } catch (error) {
        throw new Error(`builder container ${container} did not restart after the copy: ${(error as Error).message}`, {
            cause: error,
        });
    }
}
