/** The life of a state in the words of Pulumi's dynamic providers. */
import type { CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/dynamic";
import { clearAbandoned } from "../archive/helper";
import { reportingTo } from "../archive/reporting";
import { storeIdentifier } from "../buildx/store";
import { findEndpoint } from "../docker/endpoint";
import { connect, type Engine } from "../docker/engine";
import { type Owner, sameOwner } from "../docker/ownership";
import { removeVolume } from "../docker/volume";
import { PartlyDone } from "../pulumi/failure";
import { warn } from "../pulumi/progress";
import type { ComparedArguments } from "../pulumi/replaceOnChanges";
import { connectToRemove } from "../pulumi/unreachable";
import { fillIn, hasUnknown } from "../pulumi/unknown";
import { applyState } from "./apply";
import { checkState } from "./check";
import { type DesiredState, desireState } from "./desired";
import type { StateInputs } from "./inputs";
import { type ObservedState, observeState } from "./observe";
import { planState, planStateRemoval } from "./plan";

/** What Pulumi's state holds of a state: its arguments and outputs, and by whom the volume was made. */
export interface StateState extends Omit<StateInputs, "__urn"> {
    node: string;
    volumeName: string;
    mountpoint: string;
    adopted: boolean;
    __owner: Owner;
    /** Its creation failed, and so did the removal of its volume: what it was to be restored from is still to come. */
    __isUnfinished?: boolean;
    /** The volume was made by someone else, and is left where it is when the resource goes. */
    __foreign?: boolean;
}

/** The state itself, and another that it is restored from, whose builder is stopped meanwhile. */
export async function volumesOf(props: StateInputs): Promise<string[]> {
    const { volume, restore } = desireState(props, { urn: props.__urn, store: "" });
    return [volume, ...(restore && "volume" in restore.from ? [restore.from.volume] : [])];
}

export const check = (olds: Partial<StateInputs>, news: StateInputs): Promise<CheckResult<StateInputs>> =>
    checkState(news, Object.keys(olds).length === 0);

export async function diff(_id: string, olds: StateState, news: StateInputs): Promise<DiffResult> {
    const before = desireState({ ...olds, __urn: olds.__owner.urn }, olds.__owner);
    const desired = desireState(fillIn(news, olds), olds.__owner);
    const isThere = { volume: olds.mountpoint === "" ? undefined : { owner: olds.__owner, driver: before.driver } };
    const { replaces = [], steps } = planState(desired, { host: "", ...isThere } as ObservedState, before);
    return {
        changes: hasUnknown(news) || replaces.length > 0 || steps.length > 0,
        replaces: [...replaces],
        // Where the volume's name stays, the old one is in the way of the new one.
        deleteBeforeReplace: before.volume === desired.volume,
    };
}

/** Without the names that the volume has: the state has them in lower case, and another one is a replacement anyway. */
export function comparedArguments(olds: StateState, news: StateInputs): ComparedArguments {
    const { volumeName: _, mountpoint: __, adopted: ___, ...before } = olds;
    const { builderName, node } = news;
    return { before: { ...before, builderName, node }, after: news };
}

export async function create(inputs: StateInputs): Promise<CreateResult<StateState>> {
    const owner: Owner = { urn: inputs.__urn, store: await storeIdentifier() };
    const desired = desireState(inputs, owner);
    const engine = await connect(await findEndpoint(inputs.endpoint, inputs.tls));
    const reporting = reportingTo(inputs.__urn);
    const before = await observeState(engine, desired, reporting);
    let now = before;
    try {
        await applyState(planState(desired, before, undefined), engine, reporting);
        if (before.volume === undefined) now = await observeState(engine, desired);
    } catch (error) {
        if (before.volume === undefined) {
            await undo(engine, desired).catch((undoing: unknown) => {
                const left = stateOf(inputs, desired, before, { adopted: false, isForeign: false });
                throw new PartlyDone([error, undoing], desired.volume, { ...left, __isUnfinished: true });
            });
        }
        throw error;
    } finally {
        reporting.report("");
    }
    const isForeign = before.volume !== undefined && !sameOwner(before.volume.owner, owner);
    return {
        id: desired.volume,
        outs: stateOf(inputs, desired, now, { adopted: before.volume !== undefined, isForeign }),
    };
}

/** Removes the volume of a creation that failed: the call that made it may have had its effect all the same. */
async function undo(engine: Engine, desired: DesiredState): Promise<void> {
    const { volume } = await observeState(engine, desired);
    if (volume && sameOwner(volume.owner, desired.owner)) await removeVolume(engine, desired.volume);
}

export async function read(id: string, props: Partial<StateState>): Promise<ReadResult<StateState>> {
    const engine = await connect(await findEndpoint(props.endpoint, props.tls));
    const found = await observeState(engine, { volume: id });
    if (props.__owner !== undefined) {
        if (found.volume === undefined) return { id: "", props: {} as StateState };
        return { id, props: { ...(props as StateState), mountpoint: found.volume.mountpoint } };
    }
    if (found.volume === undefined)
        throw new Error(`there is no volume ${id} on ${found.host}: docker volume ls lists them`);
    // `BuildKitState.get`: all that is known is the volume's name.
    const [, node = id] = /^buildx_buildkit_(.+)_state$/.exec(id) ?? [];
    const owner = found.volume.owner ?? { urn: "", store: "" };
    const inputs = { builderName: node.replace(/0$/, ""), node, __urn: owner.urn };
    const outs = stateOf(inputs, desireState(inputs, owner), found, { adopted: true, isForeign: true });
    return { id, props: { ...props, ...outs } };
}

export async function update(_id: string, olds: StateState, news: StateInputs): Promise<UpdateResult<StateState>> {
    const desired = desireState(news, olds.__owner);
    const engine = await connect(await findEndpoint(news.endpoint, news.tls));
    const reporting = reportingTo(news.__urn);
    const known = olds.__isUnfinished ? undefined : desired;
    try {
        const before = await observeState(engine, desired, known ? undefined : reporting);
        await applyState(planState(desired, before, known), engine, reporting);
    } finally {
        reporting.report("");
    }
    const { adopted, __foreign: isForeign = false } = olds;
    return { outs: stateOf(news, desired, await observeState(engine, desired), { adopted, isForeign }) };
}

async function remove(id: string, props: StateState): Promise<void> {
    const engine = await connectToRemove(props, props.__owner.urn, `Volume ${id} may be left there`);
    if (engine === undefined) return;
    await clearAbandoned(engine, id);
    const found = await observeState(engine, { volume: id });
    const isOurs = props.__foreign !== true && found.volume?.owner?.urn === props.__owner.urn;
    const steps = planStateRemoval(id, found, isOurs);
    await applyState(steps, engine, reportingTo(props.__owner.urn));
    const left = steps.steps.find((step) => step.do === "leaveVolume");
    if (left) await warn(props.__owner.urn, `volume ${id} stays on ${found.host}: ${left.why}`);
}

export { remove as delete };

function stateOf(
    inputs: StateInputs,
    desired: DesiredState,
    { volume }: ObservedState,
    { adopted, isForeign }: { adopted: boolean; isForeign: boolean },
): StateState {
    const { __urn: _, ...kept } = inputs;
    return {
        ...kept,
        builderName: desired.builderName,
        node: desired.node,
        volumeName: desired.volume,
        mountpoint: volume?.mountpoint ?? "",
        adopted,
        __owner: desired.owner,
        ...(isForeign && { __foreign: true }),
    };
}
