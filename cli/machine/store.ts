import { findEndpoint } from "../../provider/docker/endpoint";
import { formatPlatform } from "../../provider/buildx/platform";
import {
    knownStoreIdentifier,
    listRecords,
    readActivity,
    readCurrent,
    readRecord,
    recordPath,
    storeFolder,
} from "../../provider/buildx/store";
import type { RecordFacts, StoreFacts } from "./facts";

/** Reads the store without leaving anything there. */
export async function lookAtStore(): Promise<StoreFacts> {
    const [names, identifier, current] = await Promise.all([
        listRecords(),
        knownStoreIdentifier().catch(() => ""),
        currentBuilder(),
    ]);
    const records = await Promise.all(names.sort().map(lookAtRecord));
    return { folder: storeFolder(), identifier, records, current };
}

/** The choice holds for the endpoint that it was made with, or for all (buildx: `store/store.go`, `Current`). */
async function currentBuilder(): Promise<string> {
    const [{ Key: key, Name: name, Global: isGlobal }, endpoint] = await Promise.all([
        readCurrent(),
        findEndpoint().catch(() => undefined),
    ]);
    return isGlobal || key === (endpoint?.context ?? endpoint?.host) ? name : "";
}

async function lookAtRecord(name: string): Promise<RecordFacts> {
    const [record, lastUsed] = await Promise.all([readRecord(name), readActivity(name)]);
    const known = { name, path: recordPath(name), lastUsed };
    if (record.is !== "present") {
        const unreadable = record.is === "unreadable" ? record.why : "it was removed in this moment";
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
