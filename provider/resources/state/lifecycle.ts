/** The lifecycle of a `BuildKitState`: check, diff, create, read, update, delete. */
import { fillIn } from "../../args/unknown";
import {
    type Call,
    type CheckedArguments,
    type ComparedArguments,
    type Created,
    type Difference,
    PartialFailureError,
} from "../../bridges/lifecycle";
import { storeIdentifier } from "../../buildx/store";
import { findEndpoint } from "../../docker/endpoint/endpoint";
import { connect, type Engine } from "../../docker/engine/engine";
import { removeVolume } from "../../docker/engine/volume";
import { type Owner, sameOwner } from "../../ownership";
import { isSameResource, logicalName } from "../../text/urn";
import { formatSource, locationOf } from "../../transfer/location";
import { reportingTo } from "../../transfer/reporting";
import { clearAbandoned } from "../../transfer/waitForCopy";
import type { Reporting } from "../../transfer/write";
import { untilAborted } from "../../waiting";
import { showWarnings } from "../check";
import { patienceOf } from "../patience";
import { differenceOf } from "../plan";
import { connectOrDrop, connectToPrevious, engineAtPreview, whereLeft } from "../previousEngine";
import { applyState } from "./apply";
import type { StateArguments } from "./args";
import { checkState } from "./check";
import { type DesiredState, desiredState } from "./desired";
import { importState } from "./import";
import { type ObservedState, observeState, sourceExists } from "./observe";
import { planState, planStateRemoval, type StatePlan } from "./plan";
import { originOf, placeOf, previousOf, savedArguments, type SavedState, toSaved, volumeInState } from "./saved";

/** How long the removal of a created volume may take after Pulumi is canceled, in milliseconds. */
const removalGrace = 1_000;

/**
 * Returns the volume of the state, and the volume that it is restored from, if any. The builder of the source volume is
 * stopped during the copy.
 */
export async function volumesOf(of: StateArguments): Promise<string[]> {
    const { volume, restore } = desiredState(of, { urn: "", store: "" });
    return [volume, ...(restore && "volume" in restore.from ? [restore.from.volume] : [])];
}

/** Checks the arguments. The default name of the builder is the logical name of the state. */
export const check = async (
    call: Call,
    previous: StateArguments | undefined,
    args: StateArguments,
): Promise<CheckedArguments<StateArguments>> =>
    showWarnings(call, await checkState({ ...args, builderName: args.builderName ?? logicalName(call.urn) }, previous));

export async function diff(call: Call, _: string, saved: SavedState, args: StateArguments): Promise<Difference> {
    const previous = previousOf(saved);
    const desired = desiredState(fillIn(args, saved), saved.__owner);
    const plan = planState(desired, await observeForDiff(saved, previous.desired), previous);
    // A refresh calls this too and must not fail: `update` refuses.
    if (plan.refusal !== undefined) await call.warn(plan.refusal);
    // If both volumes have the same name, the old one must be removed first.
    return differenceOf(plan, { deleteBeforeReplace: previous.desired.volume === desired.volume });
}

/**
 * Returns whether the volume exists, from the engine: another machine, for example each runner of a hosted CI, may not
 * have it. If the engine does not answer, the volume is assumed to be as it is in Pulumi's state.
 */
async function observeForDiff(saved: SavedState, desired: DesiredState): Promise<ObservedState> {
    const place = placeOf(desired.volume, saved);
    const { host, leftAt, engine } = await engineAtPreview(place);
    const isThere = engine === undefined || (await place.isThere(engine).catch(() => true));
    return { host, leftAt, volume: isThere ? volumeInState(saved, desired) : undefined };
}

/**
 * Returns the arguments to compare, with the new names in both. Pulumi's state has the names in lower case, and a
 * changed name causes a replacement anyway.
 */
export function comparedArguments(saved: SavedState, args: StateArguments): ComparedArguments {
    const { builderName, node } = args;
    return { before: withLocation({ ...savedArguments(saved), builderName, node }), after: withLocation(args) };
}

/** Returns arguments with a path in `restoreFrom` as an object, which is how the plugin receives it. */
const withLocation = ({ restoreFrom, ...others }: StateArguments): StateArguments => ({
    ...others,
    ...(restoreFrom !== undefined && { restoreFrom: locationOf(restoreFrom) }),
});

export async function create(call: Call, args: StateArguments): Promise<Created<SavedState>> {
    const owner: Owner = { urn: call.urn, store: await storeIdentifier() };
    const desired = desiredState(args, owner);
    const engine = await connect(await findEndpoint(args.endpoint, args.tls), patienceOf(call));
    const reporting = reportingTo(call);
    const before = await observeState(desired, engine, reporting);
    const plan = planState(desired, before, undefined);
    const isNew = before.volume === undefined;
    const save = (now: ObservedState): SavedState => {
        const isForeign = before.volume !== undefined && !sameOwner(before.volume.owner, owner);
        return toSaved(args, desired, now, { adopted: !isNew, isForeign }, engine.endpoint);
    };
    try {
        await applyState(plan, engine, reporting);
        return { id: desired.volume, saved: save(isNew ? await observeState(desired, engine) : before) };
    } catch (error) {
        if (isNew) {
            await removeCreated(desired, engine, reporting).catch((failure: unknown) => {
                const saved = { ...save(before), __isUnfinished: true };
                throw new PartialFailureError([error, failure], desired.volume, saved);
            });
        }
        throw error;
    }
}

/** Removes the volume of a failed creation. The engine may have created it even though the call failed. */
async function removeCreated(desired: DesiredState, engine: Engine, { signal }: Reporting): Promise<void> {
    const remove = async () => {
        const { volume } = await observeState({ volume: desired.volume }, engine);
        if (volume && sameOwner(volume.owner, desired.owner)) await removeVolume(engine, desired.volume);
    };
    await untilAborted(remove(), signal, removalGrace);
}

export async function read(
    call: Call,
    id: string,
    saved: Partial<SavedState>,
): Promise<Created<SavedState> | undefined> {
    if (saved.__owner === undefined) return readById(id, saved);
    const engine = await connectOrDrop(placeOf(id, saved), call, `Volume ${id} is removed from Pulumi's state`);
    if (engine === undefined) return undefined;
    const { volume } = await observeState({ volume: id }, engine);
    return volume && { id, saved: { ...(saved as SavedState), mountpoint: volume.mountpoint } };
}

/** Reads a volume for `BuildKitState.get`, which knows only the name of the volume. */
async function readById(id: string, saved: Partial<SavedState>): Promise<Created<SavedState>> {
    const engine = await connectToPrevious(placeOf(id, saved));
    const found = await observeState({ volume: id }, engine);
    if (found.volume === undefined)
        throw new Error(`volume ${id} not found on ${found.host}. List volumes with: docker volume ls`);
    const [, node = id] = /^buildx_buildkit_(.+)_state$/.exec(id) ?? [];
    const args = { builderName: node.replace(/0$/, ""), node };
    const desired = desiredState(args, found.volume.owner ?? { urn: "", store: "" });
    const origin = { adopted: true, isForeign: true };
    return { id, saved: { ...saved, ...toSaved(args, desired, found, origin, engine.endpoint) } };
}

export async function update(call: Call, _: string, saved: SavedState, args: StateArguments): Promise<SavedState> {
    const previous = previousOf(saved);
    const desired = desiredState(args, saved.__owner);
    const engine = await connect(await findEndpoint(args.endpoint, args.tls));
    const reporting = reportingTo(call);
    const found = await observeState(desired, engine, previous.isUnfinished ? reporting : undefined);
    const { restore } = desired;
    const isLost = !previous.isUnfinished && found.volume === undefined;
    const isSourceGone = isLost && restore !== undefined && !(await sourceExists(engine, restore.from));
    const leftAt = (await whereLeft(placeOf(desired.volume, saved))) && saved.__engine;
    const plan = planState(desired, { ...found, isSourceGone, leftAt }, previous);
    if (isLost && plan.refusal === undefined) await call.warn(whatIsLost(desired, found, plan));
    await applyState(plan, engine, reporting).catch(async (error: unknown) => {
        // Otherwise the next update treats a volume that was not restored as complete.
        if (found.volume === undefined) await removeCreated(desired, engine, reporting);
        throw error;
    });
    const now = await observeState(desired, engine);
    // If the volume that existed before the resource is lost, the new volume belongs to the resource.
    const origin = isLost ? { adopted: false, isForeign: false } : originOf(saved);
    return toSaved(args, desired, now, origin, engine.endpoint);
}

function whatIsLost({ volume, restore }: DesiredState, { host }: ObservedState, { steps }: StatePlan): string {
    const lost = `volume ${volume} not found on ${host}`;
    if (restore === undefined) return `${lost}: it is created again, and the cache starts empty`;
    const source = formatSource(restore.from);
    if (steps.some((step) => step.do === "restore")) return `${lost}: it is created again and restored from ${source}`;
    return `${lost}, and ${source} not found either: the volume is created again, and the cache starts empty`;
}

/**
 * Whether a volume belongs to the resource. A volume without labels does too: buildx creates it when it boots the
 * builder after the volume was lost.
 */
const isOwn = (owner: Owner | undefined, self: Owner): boolean =>
    owner === undefined || isSameResource(owner.urn, self.urn);

async function remove(call: Call, id: string, saved: SavedState): Promise<void> {
    const engine = await connectOrDrop(placeOf(id, saved), call, `Volume ${id} may still exist there`);
    if (engine === undefined) return;
    await clearAbandoned(engine, id);
    const observed = await observeState({ volume: id }, engine);
    const isOfResource = saved.__foreign !== true && isOwn(observed.volume?.owner, saved.__owner);
    const plan = planStateRemoval(id, observed, isOfResource);
    await applyState(plan, engine, reportingTo(call));
    const left = plan.steps.find((step) => step.do === "leaveVolume");
    if (left) await call.warn(`volume ${id} stays on ${observed.host}: ${left.why}`);
}

export { importState as import, remove as delete };
export { secretPaths } from "../../args/secrets";
export { argumentOutputs, outputs, stableOutputs } from "./outputs";
