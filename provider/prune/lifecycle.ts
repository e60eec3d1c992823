/** A prune in the words of Pulumi's dynamic providers. */
import { isDeepStrictEqual } from "node:util";
import type { CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/dynamic";
import { prune as pruneNode, type Pruned } from "../buildkit/prune";
import { notFound } from "../builder/read";
import { canonicalName, containerName } from "../buildx/names";
import { readRecord } from "../buildx/store";
import { inspectContainer } from "../docker/container";
import { recordedEndpoint } from "../docker/endpoint";
import { connect } from "../docker/engine";
import { statusLine } from "../pulumi/progress";
import { checkPrune } from "./check";
import type { PruneInputs, PruneState } from "./inputs";

export const check = async (_: unknown, news: PruneInputs): Promise<CheckResult<PruneInputs>> => checkPrune(news);

export async function diff(_id: string, olds: PruneState, news: PruneInputs): Promise<DiffResult> {
    return { changes: !isDeepStrictEqual(shown(olds), shown(news)) };
}

/** Arguments without what is ours alone, and without what came out of them. */
const shown = ({ reclaimed: _, records: __, ...args }: Partial<PruneState>) =>
    Object.fromEntries(Object.entries(args).filter(([key, value]) => !key.startsWith("__") && value !== undefined));

export async function create(inputs: PruneInputs): Promise<CreateResult<PruneState>> {
    return { id: inputs.builderName, outs: await pruned(inputs) };
}

export async function update(_id: string, _olds: PruneState, news: PruneInputs): Promise<UpdateResult<PruneState>> {
    return { outs: await pruned(news) };
}

/** What was removed is removed: there is nothing to look at again. */
export const read = async (id: string, props: PruneState): Promise<ReadResult<PruneState>> => ({ id, props });

const remove = async (): Promise<void> => {};

export { remove as delete };

async function pruned(inputs: PruneInputs): Promise<PruneState> {
    const name = canonicalName(inputs.builderName);
    const report = statusLine(inputs.__urn);
    const record = await readRecord(name);
    if (record.is !== "present") throw await notFound(name);
    report("removing from the cache");
    const nodes = record.nodeGroup.Nodes.map(async ({ Name: node, Endpoint: stored }): Promise<Pruned> => {
        const engine = await connect(await recordedEndpoint(stored));
        const container = await inspectContainer(engine, containerName(node));
        if (container?.State.Running) return pruneNode(engine, containerName(node), inputs);
        const what = container === undefined ? "is not there" : "is not running";
        throw new Error(
            `node ${node} of builder "${name}" cannot be pruned: ${containerName(node)} on ${engine.endpoint.host} ${what}. ` +
                `Boot it with: docker buildx inspect --bootstrap ${name}`,
        );
    });
    try {
        const all = await Promise.all(nodes);
        const { __urn: _, ...args } = inputs;
        const sum = (key: keyof Pruned) => all.reduce((total, each) => total + each[key], 0);
        return { ...(args as PruneInputs), reclaimed: sum("reclaimed"), records: sum("records") };
    } finally {
        report("");
    }
}
