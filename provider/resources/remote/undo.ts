import type { BuilderRecord } from "../../buildx/store";
import { removeRecordOf, writeRecordOf } from "../builder/record";
import { removeFiles } from "../builder/ownFiles";
import { folderOf } from "./files";
import type { Step } from "./steps";

/**
 * Removes what the steps of a failed creation created, in reverse order. An adopted record is restored.
 *
 * @param before the record before the creation.
 * @throws {Error} if something could not be removed.
 */
export async function undo(begun: readonly Step[], before: BuilderRecord, builder: string): Promise<void> {
    const failures: unknown[] = [];
    for (const step of begun.toReversed())
        await undoStep(step, before, builder).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
}

async function undoStep(step: Step, before: BuilderRecord, builder: string): Promise<void> {
    if (step.do === "writeFiles") await removeFiles([folderOf(builder)]);
    if (step.do !== "writeRecord") return;
    if (before.is === "present") await writeRecordOf(before.nodeGroup, false, new AbortController().signal);
    else await removeRecordOf(step.record);
}
