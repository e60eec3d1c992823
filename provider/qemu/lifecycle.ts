/** The life of an emulation in the words of Pulumi's dynamic providers. */
import type { CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/dynamic";
import { storeIdentifier } from "../buildx/store";
import { findEndpoint } from "../docker/endpoint";
import { connect, type Engine } from "../docker/engine";
import type { Owner } from "../docker/ownership";
import { PartlyDone } from "../pulumi/failure";
import { statusLine } from "../pulumi/progress";
import type { ComparedArguments } from "../pulumi/replaceOnChanges";
import { fillIn, hasUnknown } from "../pulumi/unknown";
import { connectToRemove } from "../pulumi/unreachable";
import { applyEmulation, bringAbout } from "./apply";
import { checkEmulation } from "./check";
import { readClaims, writeClaim } from "./claims";
import { type DesiredEmulation, desireEmulation } from "./desired";
import { obtainImage } from "./image";
import type { QemuInputs } from "./inputs";
import { type ObservedEmulation, observeEmulation } from "./observe";
import { addedEmulators, type KnownEmulation, planEmulation, planEmulationRemoval, running, union } from "./plan";

/** What Pulumi's state holds of an emulation: its arguments and outputs, and what it goes by. */
export interface QemuState extends Omit<QemuInputs, "__urn"> {
    supported: string[];
    emulators: string[];
    added: string[];
    __owner: Owner;
    /** What its claim on the engine names. */
    __claimed: string[];
    /** The architectures that ran when all were asked for. */
    __ran?: string[];
}

export const check = (_: unknown, news: QemuInputs): Promise<CheckResult<QemuInputs>> => checkEmulation(news);

export async function diff(_id: string, olds: QemuState, news: QemuInputs): Promise<DiffResult> {
    const desired = desireEmulation(fillIn(news, { ...olds, __urn: olds.__owner.urn }), olds.__owner);
    const { supported, emulators, __claimed: own } = olds;
    const observed: ObservedEmulation = { host: "", supported, emulators, claims: { own, others: [] } };
    const { replaces = [], refusal, steps } = planEmulation(desired, observed, known(olds));
    return {
        changes: hasUnknown(news) || replaces.length > 0 || refusal !== undefined || steps.length > 0,
        replaces: [...replaces],
        // Both would claim the same emulators where two endpoints are one engine.
        deleteBeforeReplace: true,
    };
}

export function comparedArguments(olds: QemuState, news: QemuInputs): ComparedArguments {
    const { supported: _, emulators: __, added: ___, ...before } = olds;
    return { before, after: news };
}

export async function create(inputs: QemuInputs): Promise<CreateResult<QemuState>> {
    const owner: Owner = { urn: inputs.__urn, store: await storeIdentifier() };
    const desired = desireEmulation(inputs, owner);
    const engine = await connect(await findEndpoint(inputs.endpoint, inputs.tls));
    return reporting(owner.urn, async (report) => {
        await obtainImage(engine, desired, report);
        const before = await observeEmulation(engine, desired);
        try {
            const now = await bringAbout(engine, desired, before, undefined, report);
            return { id: desired.name, outs: stateOf(inputs, desired, now) };
        } catch (error) {
            report("removing what was registered");
            await undo(engine, desired, before, report).catch((undoing: unknown) => {
                throw new PartlyDone([error, undoing], desired.name, stateOf(inputs, desired, before));
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
    report: (text: string) => void,
): Promise<void> {
    const { own = [] } = await readClaims(engine, desired.owner);
    const kept = before.claims.own ?? [];
    await writeClaim(engine, desired.name, desired.owner, kept);
    const added = own.filter((each) => !before.emulators.includes(each) && !kept.includes(each));
    const { others } = await readClaims(engine, desired.owner);
    await applyEmulation(planEmulationRemoval(added, others), desired, engine, report);
}

export async function read(id: string, props: Partial<QemuState>): Promise<ReadResult<QemuState>> {
    if (props.__owner === undefined)
        throw new Error(`a QemuEmulation cannot be read by its id, ${id}: make one, which adds nothing that is there`);
    const olds = props as QemuState;
    const desired = desiredInState(olds);
    const engine = await connect(await findEndpoint(olds.endpoint, olds.tls));
    return reporting(olds.__owner.urn, async (report) => {
        await obtainImage(engine, { ...desired, later: { ...desired.later, pull: "missing" } }, report);
        return { id, props: { ...olds, ...found(await observeEmulation(engine, desired), olds.added) } };
    });
}

export async function update(id: string, olds: QemuState, news: QemuInputs): Promise<UpdateResult<QemuState>> {
    const desired = desireEmulation(news, olds.__owner);
    const engine = await connect(await findEndpoint(news.endpoint, news.tls));
    return reporting(olds.__owner.urn, async (report) => {
        await obtainImage(engine, desired, report);
        const before = await observeEmulation(engine, desired);
        try {
            return { outs: stateOf(news, desired, await bringAbout(engine, desired, before, known(olds), report)) };
        } catch (error) {
            const now = await observeEmulation(engine, desired).catch(() => before);
            throw new PartlyDone([error], id, { ...olds, ...found(now, olds.added) });
        }
    });
}

async function remove(_id: string, props: QemuState): Promise<void> {
    const { urn } = props.__owner;
    const left = props.added.join(", ") || "What it registered (nothing, as far as is known)";
    const engine = await connectToRemove(props, urn, `${left} may be left there`);
    if (engine === undefined) return;
    const desired = desiredInState(props);
    await reporting(urn, async (report) => {
        const { own = [] } = await readClaims(engine, props.__owner);
        const added = union(own, props.added);
        if (added.length > 0) await obtainImage(engine, desired, report);
        await writeClaim(engine, desired.name, desired.owner, []);
        const { others } = await readClaims(engine, props.__owner);
        await applyEmulation(planEmulationRemoval(added, others), desired, engine, report);
    });
}

export { remove as delete };

/** Shows what is being done, and takes the last status line away again. */
async function reporting<T>(urn: string, run: (report: (text: string) => void) => Promise<T>): Promise<T> {
    const report = statusLine(urn);
    try {
        return await run(report);
    } finally {
        report("");
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

function stateOf({ __urn: _, ...kept }: QemuInputs, desired: DesiredEmulation, now: ObservedEmulation): QemuState {
    return {
        ...kept,
        ...found(now),
        __owner: desired.owner,
        ...(desired.architectures === "all" && { __ran: running(now) }),
    };
}
