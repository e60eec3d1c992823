import { requireRemovableRecord } from "../buildx/store";
import { requireWritableStore } from "../buildx/storeFiles";
import { requireWritableContexts } from "../docker/context";
import type { Step } from "./plan";

/**
 * Finds out whether this user can write what a plan's last steps write, before its first step changes anything on an
 * engine: buildx's store, and docker's contexts.
 *
 * @param steps that come once the nodes are done.
 * @throws {FileAccessError} if this user cannot.
 */
export async function requireWritable(steps: readonly Step[]): Promise<void> {
    const kinds = new Set(steps.map((step) => step.do));
    if (kinds.has("writeRecord") || kinds.has("use") || kinds.has("stopUsing")) await requireWritableStore();
    if (kinds.has("writeContext") || kinds.has("removeContext")) await requireWritableContexts();
    for (const step of steps) if (step.do === "removeRecord") await requireRemovableRecord(step.name);
}
