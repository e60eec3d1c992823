/** The running builds of a buildkitd in a container: whether there are any, and the wait until they have finished. */
import type { ContainerInspectInfo } from "dockerode";
import { countRunningBuilds, waitForBuilds } from "../buildkit/runningBuilds";
import { stateFolder } from "../buildkit/stateFolder";
import { inspectContainer, stopContainer } from "../docker/container";
import type { Engine } from "../docker/engine";
import type { Waiting } from "../waiting";
import { inContainer } from "./inContainer";

/** What `mayBuild` reads of a container. The client's types have no `null`, which the engine returns for no processes. */
interface Inspected {
    readonly State: Pick<ContainerInspectInfo["State"], "Running">;
    readonly Config: { readonly Cmd?: readonly string[] | null };
    readonly Mounts: readonly { readonly Destination: string }[];
    readonly ExecIDs?: readonly string[] | null | undefined;
}

/**
 * Whether a container may be running builds. Each client of buildx reaches buildkitd through a process of its own in the
 * container (buildx: `driver/docker-container/driver.go`, `Dial`), and the build ends with that process. A container
 * without such processes can only build for others if its buildkitd also listens on an address or in another folder.
 */
export function mayBuild(container: Inspected | undefined): boolean {
    if (container?.State.Running !== true) return false;
    const { ExecIDs: processes, Config: config, Mounts: mounts } = container;
    const isReachedOtherwise =
        (config.Cmd ?? []).some((flag) => /^--(addr|config)\b/.test(flag)) ||
        mounts.some(({ Destination: folder }) => folder !== stateFolder);
    return isReachedOtherwise || processes === undefined || (processes ?? []).length > 0;
}

/** Returns how many builds the buildkitd in a container is running. Starts a process in it only if it may build at all. */
export async function countBuildsIn(engine: Engine, container: string, signal?: AbortSignal): Promise<number> {
    if (!mayBuild(await inspectContainer(engine, container))) return 0;
    return countRunningBuilds(inContainer(engine, container), signal);
}

/** Waits until the buildkitd in a container runs no builds, as {@link waitForBuilds} does. */
export const waitForBuildsIn = (
    engine: Engine,
    container: string,
    seconds: number,
    waiting: Waiting,
): Promise<number> => waitForBuilds((signal) => countBuildsIn(engine, container, signal), seconds, waiting);

/**
 * Waits until the buildkitd in a container runs no builds, and then stops it. buildkitd itself finishes builds that began
 * in between. Older releases end running builds when they are stopped (moby/buildkit#4090), so they are not stopped before.
 *
 * @param seconds the longest wait; 0 does not wait or stop, and leaves buildkitd to be killed.
 * @param waiting.report receives the number of running builds each time it changes.
 * @param waiting.signal ends the wait. A buildkitd that was not asked to stop yet keeps running; otherwise it finishes its
 *   builds and stops.
 */
export async function drain(engine: Engine, container: string, seconds: number, waiting: Waiting): Promise<void> {
    const left = await waitForBuildsIn(engine, container, seconds, waiting);
    if (left > 0) await stopContainer(engine, container, left, waiting.signal);
}
