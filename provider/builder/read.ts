import { nodeName } from "../buildx/names";
import { type BuilderRecord, driver, listRecords, readRecord, storeFolder } from "../buildx/store";
import { findEndpoint, recordedEndpoint } from "../docker/endpoint";
import { connect, type Engine } from "../docker/engine";
import { builderOutputs, describeNode } from "./describe";
import { whyNotFound } from "./notFound";
import { otherDriver, otherDriverOf, whyOtherDriver } from "./otherDriver";
import type { BuilderOutputs } from "./outputs";

export interface ReadBuilder {
    readonly outputs: BuilderOutputs;
    /** Of the first node. */
    readonly engine: Engine;
    /** Why builds with it fail on this machine, and what to do; `undefined` if they do not. */
    readonly warning: string | undefined;
}

/**
 * Reads a builder that the state does not have: one of another stack, or that a person made.
 *
 * @param name in lower case.
 * @throws if neither buildx's store nor the engine has a builder of that name, or it has another driver.
 */
export async function readBuilder(name: string): Promise<ReadBuilder> {
    const record = await readRecord(name);
    const other = record.is === "present" ? otherDriverOf(record.nodeGroup) : undefined;
    if (other !== undefined) throw new Error(whyNotRead(name, other));
    const nodes = record.is === "present" ? record.nodeGroup.Nodes : [{ Name: nodeName(name, 0), Endpoint: undefined }];
    const asked = nodes.map(async ({ Name: node, Endpoint: stored }) => {
        const endpoint = await (stored === undefined ? findEndpoint() : recordedEndpoint(stored));
        const engine = await connect(endpoint);
        return { engine, ...(await describeNode(engine, stored ?? endpoint.context ?? endpoint.host, node)) };
    });
    const described = await Promise.all(asked).catch(async (error: unknown) => {
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

/** The error for a name that is that of a docker context's own builder. */
async function notThere(name: string): Promise<Error | undefined> {
    const other = await otherDriver(name);
    return other === undefined ? undefined : new Error(whyNotRead(name, other));
}

export const whyNotRead = (name: string, other: string): string =>
    whyOtherDriver(`builder "${name}" cannot be read`, other, `docker buildx inspect ${name}`);

/**
 * The engine has the builder's container, and buildx on this machine has nothing that leads to it. A record that names the
 * node makes buildx find the same container, by its name.
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
        `${found}, so that builds with it fail here. Write one with: ${removal}docker buildx create --name ${name} ` +
        `--driver ${driver} --node ${node?.name} ${node?.dockerEndpoint}`
    );
}
