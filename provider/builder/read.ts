import { nodeName } from "../buildx/names";
import { listRecords, readRecord, storeFolder } from "../buildx/store";
import { findEndpoint, recordedEndpoint } from "../docker/endpoint";
import { connect, type Engine } from "../docker/engine";
import { builderOutputs, describeNode } from "./describe";
import { whyNotFound } from "./notFound";
import type { BuilderOutputs } from "./outputs";

/**
 * A builder that the state does not have: one of another stack, or that a person made.
 *
 * @throws where neither buildx's store nor the engine has a builder of that name.
 */
export async function readBuilder(name: string): Promise<{ outputs: BuilderOutputs; engine: Engine }> {
    const record = await readRecord(name);
    const nodes = record.is === "present" ? record.nodeGroup.Nodes : [{ Name: nodeName(name, 0), Endpoint: undefined }];
    const asked = nodes.map(async ({ Name: node, Endpoint: stored }) => {
        const endpoint = await (stored === undefined ? findEndpoint() : recordedEndpoint(stored));
        const engine = await connect(endpoint);
        return { engine, ...(await describeNode(engine, stored ?? endpoint.context ?? endpoint.host, node)) };
    });
    const described = await Promise.all(asked);
    const [first] = described;
    if (first === undefined || (record.is !== "present" && first.outputs.status === "inactive"))
        throw new Error(whyNotFound(name, await listRecords(), storeFolder()));
    return {
        outputs: builderOutputs(
            name,
            described.map(({ outputs }) => outputs),
        ),
        engine: first.engine,
    };
}
