import { nodeName } from "../buildx/names";
import { type BuilderRecord, listRecords, readRecord, storeFolder } from "../buildx/store";
import { type Endpoint, findEndpoint, storedEndpoint } from "../docker/endpoint";
import { connect, type Engine } from "../docker/engine";
import { builderOutputs, describeNode } from "./describe";
import type { BuilderOutputs } from "./outputs";

/**
 * A builder that the state does not have: one of another stack, or that a person made.
 *
 * @throws where neither buildx's store nor the engine has a builder of that name.
 */
export async function readBuilder(name: string): Promise<{ outputs: BuilderOutputs; engine: Engine }> {
    const record = await readRecord(name);
    const engine = await connect(await endpointOf(record));
    const nodes = record.is === "present" ? record.nodeGroup.Nodes.map((node) => node.Name) : [nodeName(name, 0)];
    const described = await Promise.all(nodes.map((node) => describeNode(engine, node)));
    if (record.is !== "present" && described.every((node) => node.status === "inactive")) throw await notFound(name);
    return { outputs: builderOutputs(name, described), engine };
}

function endpointOf(record: BuilderRecord): Promise<Endpoint> {
    const stored = record.is === "present" ? record.nodeGroup.Nodes[0]?.Endpoint : undefined;
    return stored === undefined ? findEndpoint() : storedEndpoint(stored);
}

async function notFound(name: string): Promise<Error> {
    const others = await listRecords();
    const there = others.length > 0 ? `there are ${others.join(", ")}` : "there are none";
    return new Error(`there is no builder "${name}" in ${storeFolder()} (${there}): docker buildx ls lists them`);
}
