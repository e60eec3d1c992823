/** The lifecycle of a `BuildKitPrune`: check, diff, create, read, update, delete. */
import { waitForCopy } from "../../transfer/waitForCopy";
import {
    type Call,
    type CheckedArguments,
    type ComparedArguments,
    type Created,
    type Difference,
} from "../../bridges/lifecycle";
import { canonicalName, volumeName } from "../../buildx/names";
import { readRecord } from "../../buildx/store";
import { applyPrune } from "./apply";
import { checkPrune, warningsOfPrune } from "./check";
import { desirePrune } from "./desired";
import type { PruneInputs, PruneState } from "./inputs";
import { observeBuilder } from "./observe";
import { planPrune, whyPruned } from "./plan";

/** Returns the volumes of the caches that are pruned. Their builder runs during the prune. */
export async function volumesOf({ builderName }: PruneInputs): Promise<string[]> {
    const record = await readRecord(canonicalName(builderName));
    return record.is === "present" ? record.nodeGroup.Nodes.map(({ Name: node }) => volumeName(node)) : [];
}

export async function check(call: Call, _: unknown, news: PruneInputs): Promise<CheckedArguments<PruneInputs>> {
    const result = checkPrune(news);
    if (result.failures.length === 0) for (const text of warningsOfPrune(news)) await call.warn(text);
    return result;
}

export async function diff(_: Call, __: string, olds: PruneState, news: PruneInputs): Promise<Difference> {
    const why = whyPruned(desirePrune(news), desirePrune(olds));
    return { changes: why === undefined ? [] : [{ why }] };
}

export function comparedArguments(olds: PruneState, news: PruneInputs): ComparedArguments {
    const { reclaimed: _, records: __, ...before } = olds;
    return { before, after: news };
}

export async function create(call: Call, inputs: PruneInputs): Promise<Created<PruneState>> {
    return { id: inputs.builderName, saved: await pruned(call, inputs) };
}

export const update = (call: Call, _: string, olds: PruneState, news: PruneInputs): Promise<PruneState> =>
    pruned(call, news, olds);

/** Returns the saved state, because a prune leaves nothing that could be read. */
export const read = async (_: Call, id: string, saved: Partial<PruneState>): Promise<Created<PruneState>> => ({
    id,
    saved: saved as PruneState,
});

const remove = async (): Promise<void> => {};

export { remove as delete };

async function pruned(call: Call, inputs: PruneInputs, olds?: PruneState): Promise<PruneState> {
    const desired = desirePrune(inputs);
    call.report("removing from the cache");
    const { observed, engines } = await observeBuilder(desired, (engine, volume) =>
        waitForCopy({ engine, volume, ...call }),
    );
    const plan = planPrune(desired, observed, olds && desirePrune(olds));
    return { ...inputs, ...(await applyPrune(plan, engines, call)) };
}
