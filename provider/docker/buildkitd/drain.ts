/** Counts the running builds of a buildkitd in a container, and waits until they have finished. */
import type { ContainerInspectInfo } from "dockerode";
import { countRunningBuilds, waitForBuilds } from "../../buildkit/runningBuilds";
import { stateFolder } from "../../buildkit/stateFolder";
import { inspectContainer, stopContainer } from "../engine/container";
import type { Engine } from "../engine/engine";
import type { Waiting } from "../../waiting";
import { inContainer } from "./inContainer";

/**
 * Fields of a container that `mayBuild` reads. The client's types lack `null`, which the engine returns if there are no
 * processes.
 */
interface Inspected {
    readonly State: Pick<ContainerInspectInfo["State"], "Running">;
    readonly Config: { readonly Cmd?: readonly string[] | null };
    readonly Mounts: readonly { readonly Destination: string }[];
    readonly ExecIDs?: readonly string[] | null | undefined;
}

/**
 * Whether a container may be running builds. Each client of buildx reaches buildkitd through a separate process in the
 * container (buildx: `driver/docker-container/driver.go`, `Dial`), and the build ends with that process. A container
 * without these processes can run builds only if its buildkitd also listens on an address or in another folder.
 */
export function mayBuild(container: Inspected | undefined): boolean {
    if (container?.State.Running !== true) return false;
    const { ExecIDs: processes, Config: config, Mounts: mounts } = container;
    const isReachedOtherwise =
        (config.Cmd ?? []).some((flag) => /^--(addr|config)\b/.test(flag)) ||
        mounts.some(({ Destination: folder }) => folder !== stateFolder);
    return isReachedOtherwise || processes === undefined || hasClients(container);
}

/** Whether a process other than buildkitd runs in a container: a client of buildx is connected through it. */
export const hasClients = ({ ExecIDs: processes }: Pick<Inspected, "ExecIDs">): boolean => (processes ?? []).length > 0;

/**
 * Returns how many builds a buildkitd is running. Starts a process in its container only if {@link mayBuild} is true.
 */
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
 * Waits until the buildkitd in a container runs no builds, and then stops it. buildkitd itself finishes builds that
 * start between the two steps. Older releases cancel running builds when they are stopped (moby/buildkit#4090), so the
 * wait comes first.
 *
 * @param seconds the maximum wait, in seconds. If 0, drain neither waits nor stops buildkitd, which is then killed.
 * @param waiting.report receives the number of running builds each time it changes.
 * @param waiting.signal ends the wait. If the stop has not begun, buildkitd keeps running. Otherwise it finishes its
 *   builds and stops.
 */
export async function drain(engine: Engine, container: string, seconds: number, waiting: Waiting): Promise<void> {
    const left = await waitForBuildsIn(engine, container, seconds, waiting);
    if (left > 0) await stopContainer(engine, container, left, waiting.signal);
}
