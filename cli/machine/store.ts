import { currentEndpoint } from "../../provider/docker/endpoint/endpoint";
import { currentBuilder } from "../../provider/buildx/current";
import { formatPlatform } from "../../provider/text/platform";
import {
    knownStoreIdentifier,
    listRecords,
    readActivity,
    readRecord,
    recordPath,
    storeFolder,
} from "../../provider/buildx/store";
import { FileAccessError } from "../../provider/fileAccess";
import type { FileAccessProblem, RecordFacts, StoreFacts } from "./facts";

/** Reads the store without writing to it. */
export async function collectStore(): Promise<StoreFacts> {
    const [{ names, error }, identifier, current] = await Promise.all([
        listRecords().then(
            (names) => ({ names, error: undefined }),
            (thrown: unknown) => ({ names: [], error: accessErrorOf(thrown) }),
        ),
        knownStoreIdentifier().catch(() => ""),
        currentEndpoint().then(currentBuilder, () => ""),
    ]);
    const records = await Promise.all(names.sort().map(collectRecord));
    return { folder: storeFolder(), identifier, records, current, ...(error && { error }) };
}

function accessErrorOf(error: unknown): FileAccessProblem {
    if (!(error instanceof FileAccessError)) throw error;
    return { message: error.message, command: error.command };
}

async function collectRecord(name: string): Promise<RecordFacts> {
    const [record, lastUsed] = await Promise.all([readRecord(name).catch(accessErrorOf), readActivity(name)]);
    const known = { name, path: recordPath(name), lastUsed };
    if ("message" in record) return { ...known, unreadable: record.message, forbidden: record, driver: "", nodes: [] };
    if (record.is !== "present") {
        const unreadable = record.is === "unreadable" ? record.why : "it was removed while it was read";
        return { ...known, unreadable, driver: "", nodes: [] };
    }
    const { Driver: driver, Nodes: nodes } = record.nodeGroup;
    return {
        ...known,
        driver,
        nodes: nodes.map((node) => ({
            name: node.Name,
            address: node.Endpoint,
            platforms: (node.Platforms ?? []).map(formatPlatform),
        })),
    };
}
