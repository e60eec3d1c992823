import { restoreInOwnProcess } from "../archive/ownProcess";
import type { Reporting } from "../archive/write";
import { defaultDrainTimeout } from "../buildkit/runningBuilds";
import { type Engine, failedCall } from "../docker/engine";
import { createVolume, removeVolume } from "../docker/volume";
import { untilAborted } from "../waiting";
import type { StatePlan } from "./plan";

/** Once the signal has aborted, how long the engine gets to answer, in milliseconds. */
const answerGrace = 1_000;

/** The same for a restore, which removes its container and starts a builder that it stopped. */
const restoreGrace = 2_000;

/**
 * Runs a plan's steps. Making and removing a volume are one call each, and what is restored lies aside until it is whole,
 * so nothing is left half-made. Once the signal aborts, no further step is begun.
 */
export async function applyState({ refusal, steps }: StatePlan, engine: Engine, reporting: Reporting): Promise<void> {
    if (refusal !== undefined) throw new Error(refusal);
    const { signal } = reporting;
    for (const step of steps) {
        signal.throwIfAborted();
        if (step.do === "removeVolume") await untilAborted(removeVolume(engine, step.volume), signal, answerGrace);
        if (step.do === "restore") {
            const { volume, from, image, mark } = step;
            const request = { from, image, mark, drainTimeout: defaultDrainTimeout };
            await untilAborted(restoreInOwnProcess(engine, volume, request, reporting), signal, restoreGrace);
        }
        if (step.do !== "createVolume") continue;
        const { volume: Name, driver: Driver, driverOpts: DriverOpts, labels: Labels } = step;
        const made = createVolume(engine, { Name, Driver, DriverOpts, Labels }).catch((error: unknown) => {
            throw failedCall(`volume ${Name} cannot be made`, engine, error);
        });
        await untilAborted(made, signal, answerGrace);
    }
}
