import { requireRemovableRecord } from "../../buildx/store";
import { requireWritableStore } from "../../buildx/storeFiles";
import { requireWritableContexts } from "../../docker/endpoint/context";
import type { FinalStep } from "./steps";

/**
 * Checks that this user can write buildx's store and docker's contexts, if a plan's last steps write them. It runs
 * before the first step of the plan changes anything on an engine.
 *
 * @param steps the steps that run once the nodes are done.
 * @throws {FileAccessError} if this user cannot write them.
 */
export async function requireWritable(steps: readonly FinalStep[]): Promise<void> {
    const kinds = new Set(steps.map((step) => step.do));
    if (kinds.has("writeRecord") || kinds.has("use") || kinds.has("stopUsing")) await requireWritableStore();
    if (kinds.has("writeContext") || kinds.has("removeContext")) await requireWritableContexts();
    for (const step of steps) if (step.do === "removeRecord") await requireRemovableRecord(step.name);
}
