import { restoreInOwnProcess } from "../../transfer/ownProcess";
import type { Reporting } from "../../transfer/write";
import { defaultDrainTimeout } from "../../buildkit/runningBuilds";
import { type Engine, failedCall } from "../../docker/engine/engine";
import { createVolume, removeVolume } from "../../docker/engine/volume";
import { untilAborted } from "../../waiting";
import type { StatePlan, StateStep } from "./plan";

/** How long the engine may take to answer after the signal has aborted, in milliseconds. */
const answerGrace = 1_000;

/**
 * How long a restore may take to end after the signal has aborted, in milliseconds. It removes its container and starts
 * the builder that it stopped.
 */
const restoreGrace = 2_000;

/**
 * Runs the steps of a plan. Nothing is left incomplete: creating and removing a volume are one call each, and a restore
 * keeps its content aside until it is complete. After the signal has aborted, no further step starts.
 *
 * @throws {Error} if the plan is refused, or if a step fails.
 */
export async function applyState({ refusal, steps }: StatePlan, engine: Engine, reporting: Reporting): Promise<void> {
    if (refusal !== undefined) throw new Error(refusal);
    for (const step of steps) {
        reporting.signal.throwIfAborted();
        await run(step, engine, reporting);
    }
}

async function run(step: StateStep, engine: Engine, reporting: Reporting): Promise<void> {
    const { signal } = reporting;
    switch (step.do) {
        case "createVolume": {
            const { volume: Name, driver: Driver, driverOpts: DriverOpts, labels: Labels } = step;
            const created = createVolume(engine, { Name, Driver, DriverOpts, Labels }).catch((error: unknown) => {
                throw failedCall(`volume ${Name} cannot be created`, engine, error);
            });
            await untilAborted(created, signal, answerGrace);
            return;
        }
        case "restore": {
            const { volume, from, image, mark } = step;
            const request = { from, image, mark, drainTimeout: defaultDrainTimeout };
            return untilAborted(restoreInOwnProcess(engine, volume, request, reporting), signal, restoreGrace);
        }
        case "removeVolume":
            return untilAborted(removeVolume(engine, step.volume), signal, answerGrace);
        case "leaveVolume":
        case "saveSettings": // the lifecycle saves them
    }
}
