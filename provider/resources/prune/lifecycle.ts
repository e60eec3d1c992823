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
import { desiredPrune } from "./desired";
import type { PruneInputs, SavedPrune } from "./inputs";
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

export async function diff(_: Call, __: string, olds: SavedPrune, news: PruneInputs): Promise<Difference> {
    const why = whyPruned(desiredPrune(news), desiredPrune(olds));
    return { changes: why === undefined ? [] : [{ why }] };
}

export function comparedArguments(olds: SavedPrune, news: PruneInputs): ComparedArguments {
    const { reclaimed: _, records: __, ...before } = olds;
    return { before, after: news };
}

export async function create(call: Call, inputs: PruneInputs): Promise<Created<SavedPrune>> {
    return { id: inputs.builderName, saved: await pruned(call, inputs) };
}

export const update = (call: Call, _: string, olds: SavedPrune, news: PruneInputs): Promise<SavedPrune> =>
    pruned(call, news, olds);

/** Returns the saved state, because a prune leaves nothing that could be read. */
export const read = async (_: Call, id: string, saved: Partial<SavedPrune>): Promise<Created<SavedPrune>> => ({
    id,
    saved: saved as SavedPrune,
});

const remove = async (): Promise<void> => {};

export { remove as delete };
export { outputs } from "./outputs";

async function pruned(call: Call, inputs: PruneInputs, olds?: SavedPrune): Promise<SavedPrune> {
    const desired = desiredPrune(inputs);
    call.report("removing from the cache");
    const { observed, engines } = await observeBuilder(desired, (engine, volume) =>
        waitForCopy({ engine, volume, ...call }),
    );
    const plan = planPrune(desired, observed, olds && desiredPrune(olds));
    return { ...inputs, ...(await applyPrune(plan, engines, call)) };
}
