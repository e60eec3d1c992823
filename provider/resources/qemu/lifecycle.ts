/** The lifecycle of a `QemuEmulation`: check, diff, create, read, update, delete. */
import { fillIn } from "../../args/unknown";
import {
    type Call,
    changesOf,
    type CheckedArguments,
    type ComparedArguments,
    type Created,
    type Difference,
    PartialFailureError,
} from "../../bridges/lifecycle";
import { storeIdentifier } from "../../buildx/store";
import { findEndpoint } from "../../docker/endpoint/endpoint";
import { connect, type Engine, traitsOf } from "../../docker/engine/engine";
import type { Owner } from "../../ownership";
import { connectOrDrop, engineAtPreview, type PreviousPlace, recordEndpoint, whereLeft } from "../previousEngine";
import { patienceOf } from "../patience";
import { untilAborted, type Waiting } from "../../waiting";
import { applyEmulation, applySteps } from "./apply";
import { checkEmulation } from "./check";
import { readOwners, writeOwner } from "./emulatorOwners";
import { type DesiredEmulation, desiredEmulation } from "./desired";
import { obtainImage } from "./image";
import type { QemuInputs } from "./inputs";
import { type ObservedEmulation, observeEmulation } from "./observe";
import type { EmulationOutputs } from "./outputs";
import { addedEmulators, type PreviousEmulation, planEmulation, planEmulationRemoval, running, union } from "./plan";

/** The signal for cleanup that continues after Pulumi is canceled. */
const never = new AbortController().signal;

/** How long the cleanup may take after Pulumi is canceled, in milliseconds. */
const undoGrace = 2_000;

/** An emulation in Pulumi's state: its arguments and outputs, and values for later operations. */
export interface SavedEmulation extends QemuInputs, EmulationOutputs {
    __owner: Owner;
    /** The emulators that its claim on the engine names. */
    __claimed: string[];
    /** The architectures that ran after the last update. Set only if all architectures were requested. */
    __ran?: string[];
    /** The engine on whose host it is: the name of a docker context, or a host. */
    __engine?: string;
    /** The ID of that engine, to detect the engine of another machine. */
    __engineId?: string;
}

export const check = (_: Call, __: unknown, news: QemuInputs): Promise<CheckedArguments<QemuInputs>> =>
    checkEmulation(news);

export async function diff(call: Call, _: string, olds: SavedEmulation, news: QemuInputs): Promise<Difference> {
    const desired = desiredEmulation(fillIn(news, olds), olds.__owner);
    const observed = await observeForDiff(olds);
    const { replaces = [], refusal, steps } = planEmulation(desired, observed, previousOf(olds));
    // A refresh calls this too and must not fail: `update` refuses.
    if (observed.leftAt !== undefined && refusal !== undefined) await call.warn(refusal);
    return {
        changes: changesOf(replaces, steps),
        refusal,
        replaces,
        // If both endpoints are the same engine, the old and the new resource would claim the same emulators.
        deleteBeforeReplace: true,
    };
}

/**
 * Returns the host as it is in Pulumi's state, and whether the engine is on another host now. Another machine, for
 * example each runner of a hosted CI, may have no emulators. If the engine does not answer, the host is assumed to be
 * the same.
 */
async function observeForDiff(olds: SavedEmulation): Promise<ObservedEmulation> {
    const { supported, emulators, __claimed: own } = olds;
    const inState = { supported, emulators, claims: { own, others: [] } };
    const { host, leftAt, engine } = await engineAtPreview(placeOf(olds));
    const isOther = engine !== undefined && (await isOtherEngine(olds, engine).catch(() => false));
    return { host, leftAt, isOther, ...inState };
}

/** Whether the emulators were registered on another engine than this one. The resource owns no emulators here then. */
async function isOtherEngine({ __engineId: id }: SavedEmulation, engine: Engine): Promise<boolean> {
    return id !== undefined && (await traitsOf(engine)).ID !== id;
}

const placeOf = ({ endpoint, tls, __engine: recorded, __owner: owner }: SavedEmulation): PreviousPlace => ({
    endpoint,
    tls,
    recorded,
    isThere: async (engine) => (await readOwners(engine, owner)).own !== undefined,
});

export function comparedArguments(olds: SavedEmulation, news: QemuInputs): ComparedArguments {
    const { supported: _, emulators: __, added: ___, ...before } = olds;
    return { before, after: news };
}

export async function create(call: Call, inputs: QemuInputs): Promise<Created<SavedEmulation>> {
    const owner: Owner = { urn: call.urn, store: await storeIdentifier() };
    const desired = desiredEmulation(inputs, owner);
    const engine = await connect(await findEndpoint(inputs.endpoint, inputs.tls), patienceOf(call));
    const { report, signal } = call;
    await obtainImage(engine, desired, call);
    const before = await observeEmulation(engine, desired, signal);
    try {
        const now = await applySteps(engine, desired, before, undefined, call);
        return { id: desired.name, saved: await toSaved(inputs, desired, now, engine) };
    } catch (error) {
        report("removing what was registered");
        const undone = undo(engine, desired, before, { report, signal: never });
        await untilAborted(undone, signal, undoGrace).catch(async (undoing: unknown) => {
            const saved = await toSaved(inputs, desired, before, engine);
            throw new PartialFailureError([error, undoing], desired.name, saved);
        });
        throw error;
    }
}

/** Removes what a failed creation registered. What an earlier, interrupted creation registered stays claimed. */
async function undo(
    engine: Engine,
    desired: DesiredEmulation,
    before: ObservedEmulation,
    waiting: Waiting,
): Promise<void> {
    const { own = [] } = await readOwners(engine, desired.owner);
    const kept = before.claims.own ?? [];
    await writeOwner(engine, desired.name, desired.owner, kept);
    const added = own.filter((each) => !before.emulators.includes(each) && !kept.includes(each));
    const { others } = await readOwners(engine, desired.owner);
    await applyEmulation(planEmulationRemoval(added, others), desired, engine, waiting);
}

export async function read(
    call: Call,
    id: string,
    props: Partial<SavedEmulation>,
): Promise<Created<SavedEmulation> | undefined> {
    if (props.__owner === undefined)
        throw new Error(`a QemuEmulation cannot be read by its id, ${id}: make one, which adds nothing that is there`);
    const olds = props as SavedEmulation;
    const desired = savedDesired(olds);
    const engine = await connectOrDrop(placeOf(olds), call, "The emulation is taken out of Pulumi's state");
    if (engine === undefined) return undefined;
    await obtainImage(engine, { ...desired, later: { ...desired.later, pull: "missing" } }, call);
    const added = (await isOtherEngine(olds, engine)) ? [] : olds.added;
    return { id, saved: { ...olds, ...found(await observeEmulation(engine, desired, call.signal), added) } };
}

export async function update(call: Call, id: string, olds: SavedEmulation, news: QemuInputs): Promise<SavedEmulation> {
    const desired = desiredEmulation(news, olds.__owner);
    const engine = await connect(await findEndpoint(news.endpoint, news.tls));
    const { signal } = call;
    await obtainImage(engine, desired, call);
    const leftAt = (await whereLeft(placeOf(olds))) && olds.__engine;
    const before: ObservedEmulation = { ...(await observeEmulation(engine, desired, signal)), leftAt };
    const ofHost = (await isOtherEngine(olds, engine)) ? { ...previousOf(olds), added: [] } : previousOf(olds);
    try {
        const now = await applySteps(engine, desired, before, ofHost, call);
        return await toSaved(news, desired, now, engine);
    } catch (error) {
        const asked = untilAborted(observeEmulation(engine, desired, never), signal, undoGrace);
        const now = await asked.catch(() => before);
        throw new PartialFailureError([error], id, { ...olds, ...found(now, olds.added) });
    }
}

async function remove(call: Call, _: string, props: SavedEmulation): Promise<void> {
    const left = props.added.join(", ") || "What it registered (nothing, as far as is known)";
    const engine = await connectOrDrop(placeOf(props), call, `${left} may be left there`);
    if (engine === undefined) return;
    const desired = savedDesired(props);
    const { own = [] } = await readOwners(engine, props.__owner);
    const added = (await isOtherEngine(props, engine)) ? own : union(own, props.added);
    if (added.length > 0) await obtainImage(engine, desired, call);
    call.signal.throwIfAborted();
    await writeOwner(engine, desired.name, desired.owner, []);
    const { others } = await readOwners(engine, props.__owner);
    await applyEmulation(planEmulationRemoval(added, others), desired, engine, call);
}

export { remove as delete };
export { secretPaths } from "../../args/secrets";
export { outputs } from "./outputs";

const savedDesired = (state: SavedEmulation): DesiredEmulation => desiredEmulation(state, state.__owner);

const previousOf = (state: SavedEmulation): PreviousEmulation => ({
    endpoint: state.endpoint,
    later: savedDesired(state).later,
    added: state.added,
    ran: state.__ran,
});

const found = (now: ObservedEmulation, added?: readonly string[]) => ({
    supported: [...now.supported],
    emulators: [...now.emulators],
    added: addedEmulators(now, added),
    __claimed: [...(now.claims.own ?? [])],
});

async function toSaved(
    inputs: QemuInputs,
    desired: DesiredEmulation,
    now: ObservedEmulation,
    engine: Engine,
): Promise<SavedEmulation> {
    const { ID: id } = await traitsOf(engine);
    return {
        ...inputs,
        ...found(now),
        __owner: desired.owner,
        ...(desired.architectures === "all" && { __ran: running(now) }),
        __engine: recordEndpoint(engine.endpoint),
        ...(id !== undefined && { __engineId: id }),
    };
}
