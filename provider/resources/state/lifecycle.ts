/** The lifecycle of a `BuildKitState`: check, diff, create, read, update, delete. */
import { clearAbandoned } from "../../transfer/waitForCopy";
import { type RestoreSource, formatSource } from "../../transfer/location";
import { reportingTo } from "../../transfer/reporting";
import { findSource } from "../../transfer/source";
import { fillIn } from "../../args/unknown";
import {
    type Call,
    changesOf,
    type ComparedArguments,
    type Created,
    type Difference,
    PartialFailureError,
} from "../../bridges/lifecycle";
import { storeIdentifier } from "../../buildx/store";
import { findEndpoint } from "../../docker/endpoint/endpoint";
import { connect, type Engine } from "../../docker/engine/engine";
import { type Owner, sameOwner } from "../../ownership";
import { inspectVolume, removeVolume } from "../../docker/engine/volume";
import {
    connectOrDrop,
    connectToPrevious,
    engineAtPreview,
    type PreviousPlace,
    recordEndpoint,
    whereLeft,
} from "../previousEngine";
import { patienceOf } from "../patience";
import { logicalName } from "../../text/urn";
import { untilAborted } from "../../waiting";
import { applyState } from "./apply";
import { checkState } from "./check";
import { type DesiredState, desiredState } from "./desired";
import type { StateInputs } from "./inputs";
import { type ObservedState, observeState } from "./observe";
import type { StateOutputs } from "./outputs";
import { planState, planStateRemoval, type StatePlan } from "./plan";

/** How long the removal of a created volume may take after Pulumi is canceled, in milliseconds. */
const undoGrace = 1_000;

/** A `BuildKitState` in Pulumi's state: its arguments and outputs, and the owner of the volume. */
export interface SavedState extends Omit<StateInputs, "node">, StateOutputs {
    __owner: Owner;
    /** Whether both its creation and the removal of its volume failed, so that it still has to be restored. */
    __isUnfinished?: boolean;
    /** Whether something else created the volume. The volume then stays when the resource is removed. */
    __foreign?: boolean;
    /** The engine that holds the volume: the name of a docker context, or a host. */
    __engine?: string;
}

/**
 * Returns the volume of the state, and the volume that it is restored from, if any. The builder of the source volume is
 * stopped during the copy.
 */
export async function volumesOf(props: StateInputs): Promise<string[]> {
    const { volume, restore } = desiredState(props, { urn: "", store: "" });
    return [volume, ...(restore && "volume" in restore.from ? [restore.from.volume] : [])];
}

/** Checks the arguments. The default name of the builder is the logical name of the state. */
export const check = ({ urn }: Call, previous: StateInputs | undefined, news: StateInputs) =>
    checkState({ ...news, builderName: news.builderName ?? logicalName(urn) }, previous === undefined);

export async function diff(call: Call, _: string, olds: SavedState, news: StateInputs): Promise<Difference> {
    const before = desiredState(olds, olds.__owner);
    const desired = desiredState(fillIn(news, olds), olds.__owner);
    const { replaces = [], refusal, steps } = planState(desired, await observeForDiff(olds, before), before);
    // A refresh calls this too and must not fail: `update` refuses.
    if (refusal !== undefined) await call.warn(refusal);
    return {
        changes: changesOf(replaces, steps),
        refusal,
        replaces,
        // If both volumes have the same name, the old one must be removed first.
        deleteBeforeReplace: before.volume === desired.volume,
    };
}

/**
 * Returns whether the volume exists, from the engine: another machine, for example each runner of a hosted CI, may not
 * have it. If the engine does not answer, the volume is assumed to be as it is in Pulumi's state.
 */
async function observeForDiff(olds: SavedState, { volume, driver }: DesiredState): Promise<ObservedState> {
    const inState = { owner: olds.__owner, driver } as ObservedState["volume"];
    const place = placeOf(volume, olds);
    const { host, leftAt, engine } = await engineAtPreview(place);
    const isThere = engine === undefined || (await place.isThere(engine).catch(() => true));
    return { host, leftAt, volume: olds.mountpoint !== "" && isThere ? inState : undefined };
}

const placeOf = (volume: string, { endpoint, tls, __engine: recorded }: Partial<SavedState>): PreviousPlace => ({
    endpoint,
    tls,
    recorded,
    isThere: async (engine) => (await inspectVolume(engine, volume)) !== undefined,
});

/**
 * Returns the arguments to compare, with the new names in both. Pulumi's state has the names in lower case, and a
 * changed name causes a replacement anyway.
 */
export function comparedArguments(olds: SavedState, news: StateInputs): ComparedArguments {
    const { volumeName: _, mountpoint: __, adopted: ___, ...before } = olds;
    const { builderName, node } = news;
    return { before: { ...before, builderName, node }, after: news };
}

export async function create(call: Call, inputs: StateInputs): Promise<Created<SavedState>> {
    const owner: Owner = { urn: call.urn, store: await storeIdentifier() };
    const desired = desiredState(inputs, owner);
    const engine = await connect(await findEndpoint(inputs.endpoint, inputs.tls), patienceOf(call));
    const reporting = reportingTo(call);
    const before = await observeState(engine, desired, reporting);
    let now = before;
    try {
        await applyState(planState(desired, before, undefined), engine, reporting);
        if (before.volume === undefined) now = await observeState(engine, desired);
    } catch (error) {
        if (before.volume === undefined) {
            const undone = untilAborted(undo(engine, desired), reporting.signal, undoGrace);
            await undone.catch((undoing: unknown) => {
                const left = toSaved(inputs, desired, before, { adopted: false, isForeign: false, engine });
                throw new PartialFailureError([error, undoing], desired.volume, { ...left, __isUnfinished: true });
            });
        }
        throw error;
    }
    const isForeign = before.volume !== undefined && !sameOwner(before.volume.owner, owner);
    return {
        id: desired.volume,
        saved: toSaved(inputs, desired, now, { adopted: before.volume !== undefined, isForeign, engine }),
    };
}

/** Removes the volume of a failed creation. The engine may have created it even though the call failed. */
async function undo(engine: Engine, desired: DesiredState): Promise<void> {
    const { volume } = await observeState(engine, desired);
    if (volume && sameOwner(volume.owner, desired.owner)) await removeVolume(engine, desired.volume);
}

export async function read(
    call: Call,
    id: string,
    props: Partial<SavedState>,
): Promise<Created<SavedState> | undefined> {
    const place = placeOf(id, props);
    const engine =
        props.__owner === undefined
            ? await connectToPrevious(place)
            : await connectOrDrop(place, call, `Volume ${id} is taken out of Pulumi's state`);
    if (engine === undefined) return undefined;
    const found = await observeState(engine, { volume: id });
    if (props.__owner !== undefined) {
        if (found.volume === undefined) return undefined;
        return { id, saved: { ...(props as SavedState), mountpoint: found.volume.mountpoint } };
    }
    if (found.volume === undefined)
        throw new Error(`there is no volume ${id} on ${found.host}: docker volume ls lists them`);
    // `BuildKitState.get`: only the name of the volume is known.
    const [, node = id] = /^buildx_buildkit_(.+)_state$/.exec(id) ?? [];
    const owner = found.volume.owner ?? { urn: "", store: "" };
    const inputs = { builderName: node.replace(/0$/, ""), node };
    const outs = toSaved(inputs, desiredState(inputs, owner), found, { adopted: true, isForeign: true, engine });
    return { id, saved: { ...props, ...outs } };
}

export async function update(call: Call, _: string, olds: SavedState, news: StateInputs): Promise<SavedState> {
    const desired = desiredState(news, olds.__owner);
    const engine = await connect(await findEndpoint(news.endpoint, news.tls));
    const reporting = reportingTo(call);
    const known = olds.__isUnfinished ? undefined : desired;
    const found = await observeState(engine, desired, known ? undefined : reporting);
    const isLost = known !== undefined && found.volume === undefined;
    const isSourceGone = isLost && desired.restore !== undefined && !(await isSource(engine, desired.restore.from));
    const leftAt = (await whereLeft(placeOf(desired.volume, olds))) && olds.__engine;
    const plan = planState(desired, { ...found, isSourceGone, leftAt }, known);
    if (isLost && plan.refusal === undefined) await call.warn(whatIsLost(desired, found, plan));
    await applyState(plan, engine, reporting).catch(async (error: unknown) => {
        // Otherwise the next update treats a volume that was not restored as complete.
        if (found.volume === undefined) await untilAborted(undo(engine, desired), reporting.signal, undoGrace);
        throw error;
    });
    const now = await observeState(engine, desired);
    // If the volume that existed before the resource is lost, the new volume belongs to the resource.
    const { adopted, isForeign } = isLost
        ? { adopted: false, isForeign: false }
        : { adopted: olds.adopted, isForeign: olds.__foreign ?? false };
    return toSaved(news, desired, now, { adopted, isForeign, engine });
}

/**
 * Whether a volume belongs to the resource. A volume without labels does too: buildx creates it when it boots the
 * builder after the volume was lost.
 */
const isOwn = (owner: Owner | undefined, self: Owner): boolean => owner === undefined || owner.urn === self.urn;

/** Whether the source that a state was restored from still exists. */
const isSource = (engine: Engine, from: RestoreSource): Promise<boolean> =>
    "volume" in from
        ? inspectVolume(engine, from.volume).then((volume) => volume !== undefined)
        : findSource(from).then((source) => source !== undefined);

function whatIsLost({ volume, restore }: DesiredState, { host }: ObservedState, { steps }: StatePlan): string {
    const isRestored = restore !== undefined && steps.some((step) => step.do === "restore");
    const source = restore && `${formatSource(restore.from)} is not there either, so that `;
    const then = isRestored
        ? `it is restored from ${formatSource(restore.from)}`
        : `${source ?? ""}the cache starts empty`;
    return `volume ${volume} is not on ${host} any more: ${then}`;
}

async function remove(call: Call, id: string, props: SavedState): Promise<void> {
    const engine = await connectOrDrop(placeOf(id, props), call, `Volume ${id} may be left there`);
    if (engine === undefined) return;
    await clearAbandoned(engine, id);
    const found = await observeState(engine, { volume: id });
    const isOurs = props.__foreign !== true && isOwn(found.volume?.owner, props.__owner);
    const steps = planStateRemoval(id, found, isOurs);
    await applyState(steps, engine, reportingTo(call));
    const left = steps.steps.find((step) => step.do === "leaveVolume");
    if (left) await call.warn(`volume ${id} stays on ${found.host}: ${left.why}`);
}

export { remove as delete };
export { secretPaths } from "../../args/secrets";
export { argumentOutputs, outputs } from "./outputs";

function toSaved(
    inputs: StateInputs,
    desired: DesiredState,
    { volume }: ObservedState,
    { adopted, isForeign, engine }: { adopted: boolean; isForeign: boolean; engine: Engine },
): SavedState {
    return {
        ...inputs,
        builderName: desired.builderName,
        node: desired.node,
        volumeName: desired.volume,
        mountpoint: volume?.mountpoint ?? "",
        adopted,
        __owner: desired.owner,
        ...(isForeign && { __foreign: true }),
        __engine: recordEndpoint(engine.endpoint),
    };
}
