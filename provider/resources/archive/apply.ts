import type { Engine } from "../../docker/engine/engine";
import { archiveInOwnProcess } from "../../transfer/ownProcess";
import type { ArchiveResult } from "../../transfer/result";
import type { Reporting } from "../../transfer/write";
import type { ArchivePlan } from "./plan";

/**
 * Runs the steps of a plan.
 *
 * @param connect connects to the engine that holds the state. It is called only if the plan has steps.
 * @returns the archive, or `undefined` if the plan does not write it.
 * @throws {Error} if the plan is refused, or if the archive cannot be written.
 */
export async function applyArchive(
    { refusal, steps }: ArchivePlan,
    connect: () => Promise<Engine>,
    reporting: Reporting,
): Promise<ArchiveResult | undefined> {
    if (refusal !== undefined) throw new Error(refusal);
    let written: ArchiveResult | undefined;
    for (const { node, to, image, drainTimeout } of steps)
        written = await archiveInOwnProcess(await connect(), { node, to, image, drainTimeout }, reporting);
    return written;
}
