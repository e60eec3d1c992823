/** A prune in the words of Pulumi's dynamic providers. */
import type { CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/dynamic";
import { waitForCopy } from "../archive/helper";
import { canonicalName, volumeName } from "../buildx/names";
import { readRecord } from "../buildx/store";
import { cancelled } from "../bridges/dynamic/cancellation";
import { statusLine, warn } from "../bridges/dynamic/engineLog";
import type { ComparedArguments } from "../bridges/dynamic/replaceOnChanges";
import { hasUnknown } from "../args/unknown";
import type { Waiting } from "../waiting";
import { applyPrune } from "./apply";
import { checkPrune, warningsOfPrune } from "./check";
import { desirePrune } from "./desired";
import type { PruneInputs, PruneState } from "./inputs";
import { observeBuilder } from "./observe";
import { planPrune, whyPruned } from "./plan";

/** The caches that are pruned, whose builders run meanwhile. */
export async function volumesOf({ builderName }: PruneInputs): Promise<string[]> {
    const record = await readRecord(canonicalName(builderName));
    return record.is === "present" ? record.nodeGroup.Nodes.map(({ Name: node }) => volumeName(node)) : [];
}

export async function check(_: unknown, news: PruneInputs): Promise<CheckResult<PruneInputs>> {
    const result = checkPrune(news);
    if (result.failures?.length === 0) for (const text of warningsOfPrune(news)) await warn(news.__urn, text);
    return result;
}

export async function diff(_id: string, olds: PruneState, news: PruneInputs): Promise<DiffResult> {
    return { changes: hasUnknown(news) || whyPruned(desirePrune(news), desirePrune(olds)) !== undefined };
}

export function comparedArguments(olds: PruneState, news: PruneInputs): ComparedArguments {
    const { reclaimed: _, records: __, ...before } = olds;
    return { before, after: news };
}

export async function create(inputs: PruneInputs): Promise<CreateResult<PruneState>> {
    return { id: inputs.builderName, outs: await pruned(inputs) };
}

export async function update(_id: string, olds: PruneState, news: PruneInputs): Promise<UpdateResult<PruneState>> {
    return { outs: await pruned(news, olds) };
}

/** What was removed is removed: there is nothing to look at again. */
export const read = async (id: string, props: PruneState): Promise<ReadResult<PruneState>> => ({ id, props });

const remove = async (): Promise<void> => {};

export { remove as delete };

async function pruned(inputs: PruneInputs, olds?: PruneState): Promise<PruneState> {
    const desired = desirePrune(inputs);
    const { __urn: urn, ...args } = inputs;
    const waiting: Waiting = { report: statusLine(urn), signal: cancelled() };
    waiting.report("removing from the cache");
    try {
        const { observed, engines } = await observeBuilder(desired, (engine, volume) =>
            waitForCopy({ engine, volume, ...waiting }),
        );
        const plan = planPrune(desired, observed, olds && desirePrune(olds));
        return { ...(args as PruneInputs), ...(await applyPrune(plan, engines, waiting)) };
    } finally {
        waiting.report("");
    }
}
