import { restoreInOwnProcess } from "../archive/ownProcess";
import type { Reporting } from "../archive/write";
import { defaultDrainTimeout } from "../buildkit/builds";
import { type Engine, failedCall } from "../docker/engine";
import { createVolume, removeVolume } from "../docker/volume";
import type { StatePlan } from "./plan";

/**
 * Runs a plan's steps. Making and removing a volume are one call each, and what is restored lies aside until it is whole,
 * so nothing is left half-made.
 */
export async function applyState({ refusal, steps }: StatePlan, engine: Engine, reporting: Reporting): Promise<void> {
    if (refusal !== undefined) throw new Error(refusal);
    for (const step of steps) {
        if (step.do === "removeVolume") await removeVolume(engine, step.volume);
        if (step.do === "restore") {
            const { volume, from, image, mark } = step;
            const request = { from, image, mark, drainTimeout: defaultDrainTimeout };
            await restoreInOwnProcess(engine, volume, request, reporting);
        }
        if (step.do !== "createVolume") continue;
        const { volume: Name, driver: Driver, driverOpts: DriverOpts, labels: Labels } = step;
        await createVolume(engine, { Name, Driver, DriverOpts, Labels }).catch((error: unknown) => {
            throw failedCall(`volume ${Name} cannot be made`, engine, error);
        });
    }
}
