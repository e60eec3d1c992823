import { addAbortSignal, type Readable } from "node:stream";
import type { VolumeInspectInfo } from "dockerode";
import { askWorkers } from "../buildkit/workers";
import { boot } from "../docker-buildkitd/boot";
import { waitForBuildsIn } from "../docker-buildkitd/drain";
import { inContainer } from "../docker-buildkitd/inContainer";
import { inspectContainer, isRunning, removeContainer, stopContainer } from "../docker/container";
import type { Engine } from "../docker/engine";
import { readAll, stdoutOf } from "../docker/streams";
import { containersOf, isTmpfs, tmpfsForgets } from "../docker/volume";
import type { Copying } from "./helper";

/** Seconds until a builder that was started again has to answer. */
const bootTimeout = 60;

/** Seconds that a buildkitd without builds gets to end. */
const stopTimeout = 10;

/** Where a volume's state is used, for the time of a copy. */
export interface Builder {
    readonly container: string;
    readonly isRunning: boolean;
    /** Such as `v0.34.2`; empty where nobody can say. */
    readonly version: string;
}

/** @throws where a volume forgets what is in it while its builder is stopped. */
export function requireLasting(
    { Name: name, Driver: driver, Options: options }: VolumeInspectInfo,
    host: string,
): void {
    if (!isTmpfs(driver, options)) return;
    throw new Error(
        `volume ${name} on ${host} cannot be copied: ${tmpfsForgets}, and its builder has to be stopped for the copy. ` +
            `A state that is to be moved needs another place, by volumeDriverOpts`,
    );
}

/** The builder that works on a volume; `undefined` where there is none. Throws where others use the volume as well. */
export async function builderOf(engine: Engine, volume: string, signal: AbortSignal): Promise<Builder | undefined> {
    const container = volume.replace(/_state$/, "");
    const [found, users] = await Promise.all([inspectContainer(engine, container), containersOf(engine, volume)]);
    const others = users.filter(({ name, isRunning: runs }) => runs && name !== container).map(({ name }) => name);
    if (others.length > 0) {
        throw new Error(
            `volume ${volume} on ${engine.endpoint.host} is in use by container ${others.join(", ")}, which is no builder of buildx's: ` +
                `stop it for the copy, with docker stop ${others.join(" ")}`,
        );
    }
    const isMounted = found?.Mounts.some(({ Name: name }) => name === volume);
    if (found === undefined || !isMounted) return undefined;
    if (found.State.Paused) {
        throw new Error(
            `volume ${volume} on ${engine.endpoint.host} cannot be copied: container ${container} is paused, and so holds its ` +
                `builds and the volume. Let it go on with: docker unpause ${container}`,
        );
    }
    const runs = isRunning(found);
    const ask = runs
        ? askWorkers(inContainer(engine, container), signal).then(({ version }) => version)
        : versionIn(engine, found.Image, signal);
    const version = await ask.catch(() => "");
    signal.throwIfAborted();
    return { container, isRunning: runs, version };
}

/** The version of the buildkitd in an image, of which nothing runs. */
async function versionIn(engine: Engine, image: string, signal: AbortSignal): Promise<string> {
    const { api } = engine;
    const options = { Image: image, Entrypoint: ["buildkitd"], Cmd: ["--version"], NetworkDisabled: true };
    const container = await api.createContainer({ ...options, HostConfig: { NetworkMode: "none" } });
    try {
        const streams = { stream: true, stdout: true, stderr: true };
        const frames = (await container.attach(streams)) as unknown as Readable;
        await container.start();
        const said = await readAll(stdoutOf(addAbortSignal(signal, frames), () => {}));
        return /\b(v\d\S*)/.exec(said.toString("utf8"))?.[1] ?? "";
    } finally {
        await removeContainer(engine, container.id);
    }
}

/**
 * Does some work while a builder stands still: lets its running builds come to their end, stops it, and starts it again
 * after the work, however that ends. Stopped rather than paused: where this program is killed, buildx itself starts a
 * stopped builder with the next build, and nobody starts a paused one.
 *
 * @param drainTimeout in seconds, until running builds are cut off.
 * @returns what the work gives, and how many seconds no build could run.
 */
export async function whileStopped<Result>(
    { engine, report, signal }: Copying,
    builder: Builder | undefined,
    drainTimeout: number,
    work: () => Promise<Result>,
): Promise<{ result: Result; stoppedFor: number }> {
    if (!builder?.isRunning) return { result: await work(), stoppedFor: 0 };
    const { container } = builder;
    const left = await waitForBuildsIn(engine, container, drainTimeout, { report, signal });
    const start = performance.now();
    const again = () => startAgain(engine, container);
    let result: Result;
    try {
        // What was begun in between is finished. The wait for it is not cut short: what is to be started again has to have
        // stopped before.
        await stopContainer(engine, container, Math.max(left, stopTimeout));
        signal.throwIfAborted();
        result = await work();
    } catch (error) {
        await again().catch((starting: Error) => {
            throw new Error(`${(error as Error).message}\n${starting.message}`, { cause: error });
        });
        throw error;
    }
    await again();
    return { result, stoppedFor: Math.round((performance.now() - start) / 100) / 10 };
}

/**
 * Starts a builder, and waits until builds can run. Where someone else started it during the copy, its buildkitd ended each
 * time for want of the lock, and the engine waits ever longer before it tries again: then it is stopped before.
 */
async function startAgain(engine: Engine, container: string): Promise<void> {
    try {
        const found = await inspectContainer(engine, container);
        const isRetried = found?.State.Restarting === true || (found?.State.Running === true && found.RestartCount > 0);
        if (isRetried) await stopContainer(engine, container, stopTimeout);
        await boot(engine, container, bootTimeout);
    } catch (error) {
        throw new Error(`the builder that was stopped for the copy is not back: ${(error as Error).message}`, {
            cause: error,
        });
    }
}
