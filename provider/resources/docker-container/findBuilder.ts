import { nodeName } from "../../buildx/names";
import { type BuilderRecord, driver, listRecords, readRecord, storeFolder } from "../../buildx/store";
import { findEndpoint, recordedEndpoint } from "../../docker/endpoint/endpoint";
import { connect, type Engine } from "../../docker/engine/engine";
import { builderOutputs } from "./node/outputs";
import { readNodeOutputs } from "./node/readOutputs";
import { whyNotFound } from "../builder/notFound";
import { otherDriver, otherDriverOf, whyNotRead } from "../../buildx/otherDriver";
import type { BuilderOutputs } from "../builder/outputs";

export interface ReadBuilder {
    readonly outputs: BuilderOutputs;
    /** The engine of the first node. */
    readonly engine: Engine;
    /** Why builds with the builder fail on this machine, and what to do. `undefined` if they do not fail. */
    readonly warning: string | undefined;
}

/**
 * Reads a builder that is not in Pulumi's state: a builder of another stack, or one that a user created manually.
 *
 * @param name in lower case.
 * @throws {Error} if neither buildx's store nor the engine has a builder of that name, or its driver is not
 *   `docker-container`.
 */
export async function findBuilder(name: string): Promise<ReadBuilder> {
    const record = await readRecord(name);
    const other = record.is === "present" ? otherDriverOf(record.nodeGroup) : undefined;
    if (other !== undefined) throw new Error(whyNotRead(name, other));
    const nodes = record.is === "present" ? record.nodeGroup.Nodes : [{ Name: nodeName(name, 0), Endpoint: undefined }];
    const read = nodes.map(async ({ Name: node, Endpoint: stored }) => {
        const endpoint = await (stored === undefined ? findEndpoint() : recordedEndpoint(stored));
        const engine = await connect(endpoint);
        return { engine, ...(await readNodeOutputs(engine, stored ?? endpoint.context ?? endpoint.host, node)) };
    });
    const described = await Promise.all(read).catch(async (error: unknown) => {
        throw record.is === "absent" ? ((await notThere(name)) ?? error) : error;
    });
    const [first] = described;
    if (first === undefined || (record.is !== "present" && first.outputs.status === "inactive"))
        throw (await notThere(name)) ?? new Error(whyNotFound(name, await listRecords(), storeFolder()));
    const outputs = builderOutputs(
        name,
        described.map(({ outputs }) => outputs),
    );
    return { outputs, engine: first.engine, warning: whyNoBuilds(outputs, record) };
}

/**
 * Returns the error for a name of a docker context, because buildx has a builder of another driver for each context.
 * `undefined` for other names.
 */
async function notThere(name: string): Promise<Error | undefined> {
    const other = await otherDriver(name);
    return other === undefined ? undefined : new Error(whyNotRead(name, other));
}

/**
 * Returns why builds fail on this machine: the engine has the builder's container, but buildx here has no readable
 * record of the builder. If a record names the node, buildx finds the same container by its name.
 */
function whyNoBuilds({ name, nodes }: BuilderOutputs, record: BuilderRecord): string | undefined {
    if (record.is === "present") return undefined;
    const [node] = nodes;
    const found =
        record.is === "absent"
            ? `buildx on this machine has no record of builder "${name}" in ${storeFolder()}`
            : `buildx on this machine cannot read its record of builder "${name}" (${record.why})`;
    const removal = record.is === "absent" ? "" : `docker buildx rm ${name}; `;
    return (
        `${found}. Builds with the builder fail here. Write a record with: ${removal}docker buildx create --name ${name} ` +
        `--driver ${driver} --node ${node?.name} ${node?.dockerEndpoint}`
    );
}
