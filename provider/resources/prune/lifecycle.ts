/** The lifecycle of a `BuildKitPrune`: check, diff, create, read, update, delete. */
import { fillIn } from "../../args/unknown";
import type { Call, CheckedArguments, ComparedArguments, Created, Difference } from "../../bridges/lifecycle";
import { canonicalName, volumeName } from "../../buildx/names";
import { readRecord } from "../../buildx/store";
import { showWarnings } from "../check";
import { differenceOf } from "../plan";
import { applyPrune } from "./apply";
import type { PruneArguments } from "./args";
import { checkPrune } from "./check";
import { desiredPrune } from "./desired";
import { assumedBuilder, observeBuilder } from "./observe";
import { planPrune } from "./plan";
import { previousOf, savedArguments, type SavedPrune, toSaved } from "./saved";

/** Returns the volumes of the caches that are pruned. Their builder runs during the prune. */
export async function volumesOf({ builderName }: PruneArguments): Promise<string[]> {
    const record = await readRecord(canonicalName(builderName));
    return record.is === "present" ? record.nodeGroup.Nodes.map(({ Name: node }) => volumeName(node)) : [];
}

export const check = async (call: Call, _: unknown, args: PruneArguments): Promise<CheckedArguments<PruneArguments>> =>
    showWarnings(call, await checkPrune(args));

export async function diff(_: Call, __: string, saved: SavedPrune, args: PruneArguments): Promise<Difference> {
    const desired = desiredPrune(fillIn(args, saved));
    return differenceOf(planPrune(desired, assumedBuilder(desired), previousOf(saved)));
}

export const comparedArguments = (saved: SavedPrune, args: PruneArguments): ComparedArguments => ({
    before: savedArguments(saved),
    after: args,
});

export async function create(call: Call, args: PruneArguments): Promise<Created<SavedPrune>> {
    return { id: args.builderName, saved: await prune(call, args, undefined) };
}

export const update = (call: Call, _: string, saved: SavedPrune, args: PruneArguments): Promise<SavedPrune> =>
    prune(call, args, saved);

async function prune(call: Call, args: PruneArguments, saved: SavedPrune | undefined): Promise<SavedPrune> {
    const desired = desiredPrune(args);
    call.report("pruning the cache");
    const { observed, engines } = await observeBuilder(desired, call);
    const plan = planPrune(desired, observed, saved && previousOf(saved));
    return toSaved(args, await applyPrune(plan, engines, call));
}

/** Returns the saved state, because a prune leaves nothing that could be read. */
export const read = async (_: Call, id: string, saved: Partial<SavedPrune>): Promise<Created<SavedPrune>> => ({
    id,
    saved: saved as SavedPrune,
});

/** Does nothing: a prune cannot be undone. */
const remove = async (): Promise<void> => {};

export { remove as delete };
export { outputs } from "./outputs";
