import { removeRecordOf, writeRecordOf } from "../builder/record";
import { restoreFiles } from "../builder/ownFiles";
import { folderOf } from "./files";
import type { ObservedRemote } from "./observe";
import type { Step } from "./steps";

/**
 * Undoes the steps of a failed creation in reverse order: what is new is removed, and an adopted record and its files are
 * restored.
 *
 * @param before what existed before the creation.
 * @throws {Error} if something could not be undone.
 */
export async function undo(begun: readonly Step[], before: ObservedRemote, builder: string): Promise<void> {
    const failures: unknown[] = [];
    for (const step of begun.toReversed())
        await undoStep(step, before, builder).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
}

async function undoStep(step: Step, before: ObservedRemote, builder: string): Promise<void> {
    if (step.do === "writeFiles" || step.do === "removeFiles") {
        const contents = [...before.files].map(([path, { content }]) => [path, content] as const);
        await restoreFiles(folderOf(builder), new Map(contents));
    }
    if (step.do !== "writeRecord") return;
    const { record } = before;
    if (record.is === "present") await writeRecordOf(record.nodeGroup, false, new AbortController().signal);
    else await removeRecordOf(step.record);
}
