/** The life of an emulation in the words of Pulumi's dynamic providers. */
import type { CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/dynamic";
import { storeIdentifier } from "../buildx/store";
import { findEndpoint } from "../docker/endpoint";
import { connect, type Engine, traitsOf } from "../docker/engine";
import type { Owner } from "../docker/ownership";
import { PartlyDone } from "../bridges/dynamic/errors";
import { patienceOf } from "../patience";
import { warn } from "../bridges/dynamic/engineLog";
import type { ComparedArguments } from "../bridges/dynamic/replaceOnChanges";
import { fillIn, hasUnknown } from "../args/unknown";
import { connectOrLetGo, type KnownPlace, recordEndpoint, whereLeft } from "../knownEngine";
import { waitingAt } from "../bridges/dynamic/waiting";
import { untilAborted, type Waiting } from "../waiting";
import { applyEmulation, bringAbout } from "./apply";
import { checkEmulation } from "./check";
import { readClaims, writeClaim } from "./claims";
import { type DesiredEmulation, desireEmulation } from "./desired";
import { obtainImage } from "./image";
import type { QemuInputs } from "./inputs";
import { type ObservedEmulation, observeEmulation } from "./observe";
import { addedEmulators, type KnownEmulation, planEmulation, planEmulationRemoval, running, union } from "./plan";

/** Of what is to be put right although Pulumi was cancelled. */
const never = new AbortController().signal;

/** Once Pulumi is cancelled, how long that gets, in milliseconds. */
const undoGrace = 2_000;

/** What Pulumi's state holds of an emulation: its arguments and outputs, and what it goes by. */
export interface QemuState extends Omit<QemuInputs, "__urn" | "__mayBeStarting"> {
    supported: string[];
    emulators: string[];
    added: string[];
    __owner: Owner;
    /** What its claim on the engine names. */
    __claimed: string[];
    /** The architectures that ran when all were asked for. */
    __ran?: string[];
    /** The engine that it is on: a docker context's name, or a host. */
    __engine?: string;
    /** That engine's own mark, by which another machine's is told from it. */
    __engineId?: string;
}

export const check = (_: unknown, news: QemuInputs): Promise<CheckResult<QemuInputs>> => checkEmulation(news);

export async function diff(_id: string, olds: QemuState, news: QemuInputs): Promise<DiffResult> {
    const desired = desireEmulation(fillIn(news, { ...olds, __urn: olds.__owner.urn }), olds.__owner);
    const observed = await observeForDiff(olds);
    const { replaces = [], refusal, steps } = planEmulation(desired, observed, known(olds));
    // A refresh asks as well, and is not to fail for it: `update` refuses.
    if (observed.leftAt !== undefined && refusal !== undefined) await warn(news.__urn, refusal);
    return {
        changes: hasUnknown(news) || replaces.length > 0 || refusal !== undefined || steps.length > 0,
        replaces: [...replaces],
        // Both would claim the same emulators where two endpoints are one engine.
        deleteBeforeReplace: true,
    };
}

/**
 * What the state has of the host, and whether that is the host still: another machine, such as each runner of a hosted CI,
 * may have no emulators. It is as the state has it if the engine does not answer.
 */
async function observeForDiff(olds: QemuState): Promise<ObservedEmulation> {
    const { supported, emulators, __claimed: own } = olds;
    const inState = { supported, emulators, claims: { own, others: [] } };
    const leftAt = (await whereLeft(placeOf(olds))) && olds.__engine;
    const current = await findEndpoint(olds.endpoint, olds.tls).catch(() => undefined);
    const engine = current && (await connect(current).catch(() => undefined));
    const isOther = engine !== undefined && (await isOtherEngine(olds, engine).catch(() => false));
    return { host: current ? recordEndpoint(current) : "", leftAt, isOther, ...inState };
}

/** Whether an engine is not the one on whose host the emulators were registered; there none of them is the resource's. */
async function isOtherEngine({ __engineId: id }: QemuState, engine: Engine): Promise<boolean> {
    return id !== undefined && (await traitsOf(engine)).ID !== id;
}

const placeOf = ({ endpoint, tls, __engine: recorded, __owner: owner }: QemuState): KnownPlace => ({
    endpoint,
    tls,
    recorded,
    isThere: async (engine) => (await readClaims(engine, owner)).own !== undefined,
});

export function comparedArguments(olds: QemuState, news: QemuInputs): ComparedArguments {
    const { supported: _, emulators: __, added: ___, ...before } = olds;
    return { before, after: news };
}

export async function create(inputs: QemuInputs): Promise<CreateResult<QemuState>> {
    const owner: Owner = { urn: inputs.__urn, store: await storeIdentifier() };
    const desired = desireEmulation(inputs, owner);
    const engine = await connect(await findEndpoint(inputs.endpoint, inputs.tls), patienceOf(inputs));
    return reporting(owner.urn, async (waiting) => {
        const { report, signal } = waiting;
        await obtainImage(engine, desired, waiting);
        const before = await observeEmulation(engine, desired, signal);
        try {
            const now = await bringAbout(engine, desired, before, undefined, waiting);
            return { id: desired.name, outs: await stateOf(inputs, desired, now, engine) };
        } catch (error) {
            report("removing what was registered");
            const undone = undo(engine, desired, before, { report, signal: never });
            await untilAborted(undone, signal, undoGrace).catch(async (undoing: unknown) => {
                const outs = await stateOf(inputs, desired, before, engine);
                throw new PartlyDone([error, undoing], desired.name, outs);
            });
            throw error;
        }
    });
}

/** Takes away what a creation that failed registered; what an earlier one that was cut off did stays claimed. */
async function undo(
    engine: Engine,
    desired: DesiredEmulation,
    before: ObservedEmulation,
    waiting: Waiting,
): Promise<void> {
    const { own = [] } = await readClaims(engine, desired.owner);
    const kept = before.claims.own ?? [];
    await writeClaim(engine, desired.name, desired.owner, kept);
    const added = own.filter((each) => !before.emulators.includes(each) && !kept.includes(each));
    const { others } = await readClaims(engine, desired.owner);
    await applyEmulation(planEmulationRemoval(added, others), desired, engine, waiting);
}

export async function read(id: string, props: Partial<QemuState>): Promise<ReadResult<QemuState>> {
    if (props.__owner === undefined)
        throw new Error(`a QemuEmulation cannot be read by its id, ${id}: make one, which adds nothing that is there`);
    const olds = props as QemuState;
    const desired = desiredInState(olds);
    const { urn } = olds.__owner;
    const engine = await connectOrLetGo(placeOf(olds), urn, "The emulation is taken out of Pulumi's state");
    if (engine === undefined) return { id: "", props: {} as QemuState };
    return reporting(urn, async (waiting) => {
        await obtainImage(engine, { ...desired, later: { ...desired.later, pull: "missing" } }, waiting);
        const added = (await isOtherEngine(olds, engine)) ? [] : olds.added;
        return { id, props: { ...olds, ...found(await observeEmulation(engine, desired, waiting.signal), added) } };
    });
}

export async function update(id: string, olds: QemuState, news: QemuInputs): Promise<UpdateResult<QemuState>> {
    const desired = desireEmulation(news, olds.__owner);
    const engine = await connect(await findEndpoint(news.endpoint, news.tls));
    return reporting(olds.__owner.urn, async (waiting) => {
        const { signal } = waiting;
        await obtainImage(engine, desired, waiting);
        const leftAt = (await whereLeft(placeOf(olds))) && olds.__engine;
        const before: ObservedEmulation = { ...(await observeEmulation(engine, desired, signal)), leftAt };
        const ofHost = (await isOtherEngine(olds, engine)) ? { ...known(olds), added: [] } : known(olds);
        try {
            const now = await bringAbout(engine, desired, before, ofHost, waiting);
            return { outs: await stateOf(news, desired, now, engine) };
        } catch (error) {
            const asked = untilAborted(observeEmulation(engine, desired, never), signal, undoGrace);
            const now = await asked.catch(() => before);
            throw new PartlyDone([error], id, { ...olds, ...found(now, olds.added) });
        }
    });
}

async function remove(_id: string, props: QemuState): Promise<void> {
    const { urn } = props.__owner;
    const left = props.added.join(", ") || "What it registered (nothing, as far as is known)";
    const engine = await connectOrLetGo(placeOf(props), urn, `${left} may be left there`);
    if (engine === undefined) return;
    const desired = desiredInState(props);
    await reporting(urn, async (waiting) => {
        const { own = [] } = await readClaims(engine, props.__owner);
        const added = (await isOtherEngine(props, engine)) ? own : union(own, props.added);
        if (added.length > 0) await obtainImage(engine, desired, waiting);
        waiting.signal.throwIfAborted();
        await writeClaim(engine, desired.name, desired.owner, []);
        const { others } = await readClaims(engine, props.__owner);
        await applyEmulation(planEmulationRemoval(added, others), desired, engine, waiting);
    });
}

export { remove as delete };

/** Shows what is being done, and takes the last status line away again. */
async function reporting<T>(urn: string, run: (waiting: Waiting) => Promise<T>): Promise<T> {
    const waiting = waitingAt(urn);
    try {
        return await run(waiting);
    } finally {
        waiting.report("");
    }
}

const desiredInState = (state: QemuState): DesiredEmulation =>
    desireEmulation({ ...state, __urn: state.__owner.urn }, state.__owner);

const known = (state: QemuState): KnownEmulation => ({
    endpoint: state.endpoint,
    later: desiredInState(state).later,
    added: state.added,
    ran: state.__ran,
});

const found = (now: ObservedEmulation, added?: readonly string[]) => ({
    supported: [...now.supported],
    emulators: [...now.emulators],
    added: addedEmulators(now, added),
    __claimed: [...(now.claims.own ?? [])],
});

async function stateOf(
    { __urn: _, __mayBeStarting: __, ...kept }: QemuInputs,
    desired: DesiredEmulation,
    now: ObservedEmulation,
    engine: Engine,
): Promise<QemuState> {
    const { ID: id } = await traitsOf(engine);
    return {
        ...kept,
        ...found(now),
        __owner: desired.owner,
        ...(desired.architectures === "all" && { __ran: running(now) }),
        __engine: recordEndpoint(engine.endpoint),
        ...(id !== undefined && { __engineId: id }),
    };
}
