/** buildx's record of a builder. */
import {
    type NodeGroup,
    readRecord,
    RecordExistsError,
    removeRecord,
    sameRecord,
    type StoredNode,
    writeRecord,
} from "../../buildx/store";
import { formatPlatform, type Platform } from "../../text/platform";

/**
 * Returns the nodes with each platform only in the last node that has it (buildx: `store/nodegroup.go`,
 * `validateDuplicates`).
 */
export function eachPlatformOnce(nodes: StoredNode[]): StoredNode[] {
    return nodes.map((node, index) => {
        if (index === nodes.length - 1) return node;
        const following = nodes.slice(index + 1).flatMap((each) => each.Platforms ?? []);
        const isTaken = (platform: Platform) =>
            following.some((each) => formatPlatform(each) === formatPlatform(platform));
        return { ...node, Platforms: (node.Platforms ?? []).filter((platform) => !isTaken(platform)) };
    });
}

/**
 * Writes the record of a builder.
 *
 * @param isNew whether there was no record when the builder was observed.
 * @throws {Error} if the record is new, and another process has created one since.
 */
export async function writeRecordOf(record: NodeGroup, isNew: boolean, signal: AbortSignal): Promise<void> {
    try {
        await writeRecord(record, { exclusive: isNew }, signal);
    } catch (error) {
        if (!(error instanceof RecordExistsError)) throw error;
        const why = `builder "${record.Name}" was created by another process during this update: ${error.message}`;
        throw new Error(why, { cause: error });
    }
}

/** Removes a record if it is still the record that was written. */
export async function removeRecordOf(record: NodeGroup): Promise<void> {
    const found = await readRecord(record.Name);
    if (found.is === "present" && sameRecord(found.nodeGroup, record)) await removeRecord(record.Name);
}
