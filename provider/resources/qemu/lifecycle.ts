/** The lifecycle of a `QemuEmulation`: check, diff, create, read, update, delete. */
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
import type { Owner } from "../../ownership";
import { untilAborted, type Waiting } from "../../waiting";
import { showWarnings } from "../check";
import { patienceOf } from "../patience";
import { differenceOf } from "../plan";
import { connectOrDrop, engineAtPreview, whereLeft } from "../previousEngine";
import { applyEmulation, changeEmulation } from "./apply";
import type { EmulationArguments } from "./args";
import { checkEmulation } from "./check";
import { union } from "./compare";
import { type DesiredEmulation, desiredEmulation } from "./desired";
import { readOwners, writeOwner } from "./emulatorOwners";
import { obtainImage } from "./image";
import { importEmulation } from "./import";
import { type ObservedEmulation, observeEmulation } from "./observe";
import { planEmulation, planEmulationRemoval } from "./plan";
import {
    foundValues,
    hostInState,
    isOtherEngine,
    placeOf,
    previousOf,
    savedArguments,
    savedDesired,
    type SavedEmulation,
    toSaved,
} from "./saved";

/** The signal for cleanup that continues after Pulumi is canceled. */
const never = new AbortController().signal;

/** How long the cleanup may take after Pulumi is canceled, in milliseconds. */
const removalGrace = 2_000;

export const check = async (
    call: Call,
    _: unknown,
    args: EmulationArguments,
): Promise<CheckedArguments<EmulationArguments>> => showWarnings(call, await checkEmulation(args));

export async function diff(
    call: Call,
    _: string,
    saved: SavedEmulation,
    args: EmulationArguments,
): Promise<Difference> {
    const desired = desiredEmulation(fillIn(args, saved), saved.__owner);
    const observed = await observeForDiff(saved);
    const plan = planEmulation(desired, observed, previousOf(saved));
    // A refresh calls this too and must not fail: `update` refuses.
    if (observed.leftAt !== undefined && plan.refusal !== undefined) await call.warn(plan.refusal);
    // If both endpoints are the same engine, the old and the new resource would own the same emulators.
    return differenceOf(plan, { deleteBeforeReplace: true });
}

/**
 * Returns the host as it is in Pulumi's state, and whether the engine is on another host now. Another machine, for
 * example each runner of a hosted CI, may have no emulators. If the engine does not answer, the host is assumed to be
 * the same.
 */
async function observeForDiff(saved: SavedEmulation): Promise<ObservedEmulation> {
    const { host, leftAt, engine } = await engineAtPreview(placeOf(saved));
    const isOther = engine !== undefined && (await isOtherEngine(saved, engine).catch(() => false));
    return { host, leftAt, isOther, ...hostInState(saved) };
}

export const comparedArguments = (saved: SavedEmulation, args: EmulationArguments): ComparedArguments => ({
    before: savedArguments(saved),
    after: args,
});

export async function create(call: Call, args: EmulationArguments): Promise<Created<SavedEmulation>> {
    const owner: Owner = { urn: call.urn, store: await storeIdentifier() };
    const desired = desiredEmulation(args, owner);
    const engine = await connect(await findEndpoint(args.endpoint, args.tls), patienceOf(call));
    await obtainImage(engine, desired, call);
    const before = await observeEmulation(desired, engine, call.signal);
    try {
        const after = await changeEmulation(desired, before, undefined, engine, call);
        return { id: desired.name, saved: await toSaved(args, desired, after, engine) };
    } catch (error) {
        call.report("unregistering the emulators");
        const removed = removeCreated(desired, before, engine, { report: call.report, signal: never });
        await untilAborted(removed, call.signal, removalGrace).catch(async (failure: unknown) => {
            const saved = await toSaved(args, desired, before, engine);
            throw new PartialFailureError([error, failure], desired.name, saved);
        });
        throw error;
    }
}

/**
 * Unregisters the emulators of a failed creation. Emulators of an earlier, interrupted creation stay registered, and
 * the resource stays their owner.
 */
async function removeCreated(
    desired: DesiredEmulation,
    before: ObservedEmulation,
    engine: Engine,
    waiting: Waiting,
): Promise<void> {
    const { own = [] } = await readOwners(engine, desired.owner);
    const kept = before.owners.own ?? [];
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
    if (props.__owner === undefined) {
        throw new Error(
            `QemuEmulation "${id}" cannot be read: an emulation cannot be looked up by its ID. ` +
                "Create a QemuEmulation instead: it registers only the emulators that are missing",
        );
    }
    const saved = props as SavedEmulation;
    const engine = await connectOrDrop(placeOf(saved), call, "The emulation is removed from Pulumi's state");
    if (engine === undefined) return undefined;
    const desired = savedDesired(saved);
    await obtainImage(engine, { ...desired, savedOnly: { ...desired.savedOnly, pull: "missing" } }, call);
    const { added } = previousOf(saved, { isOther: await isOtherEngine(saved, engine) });
    const observed = await observeEmulation(desired, engine, call.signal);
    return { id, saved: { ...saved, ...foundValues(observed, added) } };
}

export async function update(
    call: Call,
    id: string,
    saved: SavedEmulation,
    args: EmulationArguments,
): Promise<SavedEmulation> {
    const desired = desiredEmulation(args, saved.__owner);
    const engine = await connect(await findEndpoint(args.endpoint, args.tls));
    await obtainImage(engine, desired, call);
    const leftAt = (await whereLeft(placeOf(saved))) && saved.__engine;
    const before = { ...(await observeEmulation(desired, engine, call.signal)), leftAt };
    const previous = previousOf(saved, { isOther: await isOtherEngine(saved, engine) });
    try {
        const after = await changeEmulation(desired, before, previous, engine, call);
        return await toSaved(args, desired, after, engine);
    } catch (error) {
        const observed = untilAborted(observeEmulation(desired, engine, never), call.signal, removalGrace);
        const now = await observed.catch(() => before);
        throw new PartialFailureError([error], id, { ...saved, ...foundValues(now, saved.added) });
    }
}

async function remove(call: Call, _: string, saved: SavedEmulation): Promise<void> {
    const added = saved.added.length > 0 ? saved.added.join(", ") : "Unrecorded emulators";
    const engine = await connectOrDrop(placeOf(saved), call, `${added} may still be registered there`);
    if (engine === undefined) return;
    const desired = savedDesired(saved);
    const { own = [] } = await readOwners(engine, saved.__owner);
    const registered = union(own, previousOf(saved, { isOther: await isOtherEngine(saved, engine) }).added);
    if (registered.length > 0) await obtainImage(engine, desired, call);
    call.signal.throwIfAborted();
    await writeOwner(engine, desired.name, desired.owner, []);
    const { others } = await readOwners(engine, saved.__owner);
    await applyEmulation(planEmulationRemoval(registered, others), desired, engine, call);
}

export { importEmulation as import, remove as delete };
export { secretPaths } from "../../args/secrets";
export { outputs } from "./outputs";
