import { waitUntilReady } from "../../docker/buildkitd/boot";
import { inspectContainer, removeContainer, renameContainer, startContainer } from "../../docker/engine/container";
import { removeContext } from "../../docker/endpoint/context";
import { type Engine, failedCall } from "../../docker/engine/engine";
import { ownerOf } from "../../ownership";
import { inspectVolume, removeVolume } from "../../docker/engine/volume";
import { untilAborted } from "../../waiting";
import { removeRecordOf } from "../builder/record";
import type { NodeRun, Progress } from "./applying";
import type { IsOurs } from "./node/recognize";
import type { Step } from "./steps";

/** Time that `undo` gets to remove what was created once the signal has aborted, in milliseconds. */
export const undoGrace = 2_000;

/**
 * Removes what the steps of a failed creation created, in reverse order. A container or volume with the labels of
 * another resource was created by that resource concurrently and is kept.
 *
 * @param signal if it aborts, only a short time is left.
 * @throws {Error} if something could not be removed, or the engine may still create it.
 */
export async function undo(
    { begun, abandoned }: Progress,
    engine: Engine | undefined,
    isOurs: IsOurs,
    signal: AbortSignal,
): Promise<void> {
    const failures: unknown[] = [];
    const undoing = (async () => {
        for (const step of begun.toReversed()) {
            await undoStep(step, engine, isOurs).catch((error: unknown) => failures.push(error));
        }
    })();
    await untilAborted(undoing, signal, undoGrace).catch(() =>
        failures.push(new Error("the engine did not respond in time")),
    );
    if (abandoned?.do === "createContainer" || abandoned?.do === "createVolume")
        failures.push(new Error("the engine may still create it"));
    if (failures.length === 0) return;
    throw engine ? failedCall("the failed creation cannot be undone", engine, failures[0]) : failures[0];
}

async function undoStep(step: Step, engine: Engine | undefined, isOurs: IsOurs): Promise<void> {
    if (step.do === "createContainer" && step.replaces === undefined && engine) {
        const found = await inspectContainer(engine, step.container);
        if (found && isOurs(ownerOf(found.Config.Labels))) await removeContainer(engine, step.container);
    }
    if (step.do === "createVolume" && engine) {
        const found = await inspectVolume(engine, step.volume);
        if (found && isOurs(ownerOf(found.Labels))) await removeVolume(engine, step.volume);
    }
    if (step.do === "writeRecord" && step.isNew) await removeRecordOf(step.record);
    if (step.do === "writeContext") await removeContext(step.name);
}

/** Time limit for the old container to respond again after a failed update, in seconds. */
const backTimeout = 5;

/**
 * Rolls back a failed update of a node: removes the new container and starts the old container again if it was running.
 * If the old container is already removed, the new one is kept.
 *
 * @param signal if it aborts, only a short time is left.
 */
export async function restoreReplaced({ node, begun }: NodeRun, signal: AbortSignal): Promise<void> {
    const engine = node.connection?.engine;
    const step = begun.find((each) => each.do === "createContainer" && each.replaces !== undefined);
    if (engine === undefined || step?.do !== "createContainer" || step.replaces === undefined) return;
    const { container, isRunning } = step.replaces;
    await untilAborted(putBack(engine, step.options.name ?? "", container, isRunning), signal, undoGrace);
}

async function putBack(engine: Engine, next: string, container: string, wasRunning: boolean): Promise<void> {
    if ((await inspectContainer(engine, next)) === undefined) return; // not created, or renamed already
    if ((await inspectContainer(engine, container)) === undefined) return renameContainer(engine, next, container);
    await removeContainer(engine, next);
    if (!wasRunning) return;
    const startAgain = async () => {
        await startContainer(engine, container);
        await waitUntilReady(engine, container, backTimeout);
    };
    await startAgain().catch(startAgain); // at the first attempt the container may still have been stopping
}
