import type { Status } from "../builder/outputs";
import { containerName } from "../buildx/names";
import { listRecords, readRecord, type StoredNode, storeFolder } from "../buildx/store";
import { inspectContainer, isRunning } from "../docker/container";
import { recordedEndpoint } from "../docker/endpoint";
import { connect, type Engine } from "../docker/engine";
import type { DesiredPrune } from "./desired";

/** What there is of the builder. */
export interface ObservedBuilder {
    /** As buildx's record has them; `undefined` where there is none. */
    readonly nodes: readonly ObservedNode[] | undefined;
    /** Every builder that has a record, for messages. */
    readonly records: readonly string[];
    /** The folder of these, for messages. */
    readonly store: string;
}

export interface ObservedNode {
    readonly name: string;
    readonly container: string;
    /** The engine, for messages: its host, or what the record says where it cannot be reached. */
    readonly host: string;
    /** Or why that cannot be known. */
    readonly status: Status | Error;
}

/** Also the engine of each node that has one that answers, by the node's name. */
export async function observeBuilder({
    builder,
}: DesiredPrune): Promise<{ observed: ObservedBuilder; engines: ReadonlyMap<string, Engine> }> {
    const [record, records] = await Promise.all([readRecord(builder), listRecords()]);
    const engines = new Map<string, Engine>();
    const nodes =
        record.is === "present"
            ? await Promise.all(record.nodeGroup.Nodes.map((node) => observeNode(node, engines)))
            : undefined;
    return { observed: { nodes, records, store: storeFolder() }, engines };
}

async function observeNode(
    { Name: name, Endpoint: stored }: StoredNode,
    engines: Map<string, Engine>,
): Promise<ObservedNode> {
    const container = containerName(name);
    try {
        const engine = await connect(await recordedEndpoint(stored));
        engines.set(name, engine);
        const found = await inspectContainer(engine, container);
        const status = found === undefined ? "inactive" : isRunning(found) ? "running" : "stopped";
        return { name, container, host: engine.endpoint.host, status };
    } catch (error) {
        return { name, container, host: stored, status: error as Error };
    }
}
