/** The life of a builder in the words of Pulumi's dynamic providers: the six verbs, each one way through the house. */
import { isDeepStrictEqual } from "node:util";
import type {
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
} from "@pulumi/pulumi/dynamic";
import { waitForCopy } from "../archive/helper";
import { claimedName, claimName, releaseName } from "../buildx/claims";
import { canonicalName, containerName, volumeName } from "../buildx/names";
import { readRecord, storeIdentifier } from "../buildx/store";
import { inspectContainer } from "../docker/container";
import { UnreachableError } from "../docker/engine";
import { type Owner, ownerOf, sameOwner } from "../docker/ownership";
import { cancelled } from "../pulumi/cancel";
import { PartlyDone } from "../pulumi/failure";
import { statusLine, warn } from "../pulumi/progress";
import type { ComparedArguments } from "../pulumi/replaceOnChanges";
import { fillIn, hasUnknown, unknown } from "../pulumi/unknown";
import { deletesUnreachable, withAdvice } from "../pulumi/unreachable";
import { applyAfter, type Applying, applyNodes, type Context, undo } from "./apply";
import { automaticName, failuresOfBuilder, nodeIndexes } from "./check";
import { absentNode, type Described, describeNode, describeObserved } from "./describe";
import { type Desired, desire, nodesOf } from "./desired";
import { filesOf, registriesOf } from "./files";
import { type BuilderInputs, defaults } from "./inputs";
import { type IsOurs, type Known, type KnownNode, type Observed, observe, observeRemains } from "./observe";
import { type Plan, plan, planAfter, planRemoval } from "./plan";
import { readBuilder } from "./read";
import { type Address, locate, reach, type Site } from "./sites";
import { sharedStates } from "./shared";
import { requireWritable } from "./writable";
import {
    argumentsInState,
    type BuilderState,
    describedBefore,
    describedInState,
    desiredInState,
    droppedNodes,
    known,
    observedInState,
    stateOf,
    withFound,
} from "./state";

/** The states of its nodes. */
export async function volumesOf(props: BuilderInputs | BuilderState): Promise<string[]> {
    if ("__owner" in props) return props.nodes.map(({ name }) => volumeName(name));
    return desire(props, { urn: props.__urn, store: "" }).nodes.map(({ volume }) => volume);
}

/** What is wrong with the arguments, and names for a builder and nodes that were given none. */
export async function check(olds: Partial<BuilderInputs>, news: BuilderInputs): Promise<CheckResult<BuilderInputs>> {
    const failures = await failuresOfBuilder(news);
    const isNew = Object.keys(olds).length === 0;
    if (isNew && failures.length === 0) failures.push(...(await failuresOfShared(news)));
    const inputs = { ...news, ...(Array.isArray(news.nodes) && { __nodeIndexes: nodeIndexes(olds, news.nodes) }) };
    if (isNamed(news)) return { inputs, failures };
    if (olds.__autoName !== undefined) await releaseName(olds.__autoName, olds.__urn ?? news.__urn); // the state has it
    const __autoName = olds.__autoName ?? (await claimedName(news.__urn)) ?? automaticName(news);
    return { inputs: { ...inputs, __autoName }, failures };
}

async function failuresOfShared(news: BuilderInputs): Promise<CheckFailure[]> {
    const shared = await sharedStates(news);
    return shared.map(({ node, reason }) => ({
        property: node === undefined ? "state" : `nodes[${node}].state`,
        reason,
    }));
}

/** Whether the arguments name the builder, be it by the name that its state has. */
const isNamed = ({ name, state, nodes }: BuilderInputs): boolean =>
    name !== undefined ||
    state !== undefined ||
    (Array.isArray(nodes) && nodes.some((node) => node.state !== undefined));

/** Whether `news` differ from what the state has of the builder, and whether they make it another one. */
export async function diff(id: string, olds: BuilderState, news: BuilderInputs): Promise<DiffResult> {
    const before = argumentsInState(olds);
    const inputs = fillIn(news, before);
    const files = await filesOf(inputs).catch((error: unknown) => {
        // What is not known yet is as it was before, and may name files that are gone.
        if (hasUnknown(news)) return undefined;
        throw error;
    });
    const desired = desire(inputs, olds.__owner, files);
    const [record, ...places] = await Promise.all([readRecord(id), ...desired.nodes.map(locate)]);
    const steps = plan(desired, await observedInState(olds, desired, places, record));
    const replaces = [...(steps.replaces ?? []), ...(losesVolume(olds, news) ? ["state"] : [])];
    return {
        changes: hasUnknown(news) || replaces.length > 0 || !isEmpty(steps),
        replaces,
        // With an automatic name the new one can come first; with a name of the user's the old one is in its place.
        deleteBeforeReplace: news.__autoName === undefined || desired.later.keepState,
    };
}

/** The name is left out of it: the state has it in lower case, and another one is a replacement anyway. */
export const comparedArguments = (olds: BuilderState, news: BuilderInputs): ComparedArguments => ({
    before: { ...argumentsInState(olds), name: news.name },
    after: { ...news, ...(Array.isArray(news.nodes) && { nodes: nodesOf(news) }) },
});

/**
 * Whether the state that the builder works on is itself made anew. Before it removes such a state Pulumi asks what
 * depends on it, with the whole argument unknown, and the builder has to let go of the volume first.
 */
const losesVolume = (olds: BuilderState, news: BuilderInputs): boolean =>
    olds.state !== undefined && (news.state as unknown) === unknown;

export async function create(inputs: BuilderInputs): Promise<CreateResult<BuilderState>> {
    const self: Owner = { urn: inputs.__urn, store: await storeIdentifier() };
    if (inputs.__autoName !== undefined) await claimName(inputs.__autoName, self.urn);
    const desired = desire(inputs, self, await filesOf(inputs));
    const sites = await reach(desired.nodes);
    if (sites.every(({ trouble }) => trouble)) throw allTroubles(sites);
    await waitForCopies(sites, inputs.__urn);
    const isOurs: IsOurs = (found) => desired.adopt || sameOwner(found, self);
    const observed = await observe(sites, desired, isOurs, undefined);
    const ownership = ownershipOf(observed, self);
    const applying = applyingAt(sites, inputs.__urn);
    const isSelfs: IsOurs = (found) => sameOwner(found, self);
    const describeAs = (nodes: readonly Described[]) => stateOf(inputs, ownership, desired, nodes);
    try {
        const failures = await run(plan(desired, observed), desired, observed, applying);
        const reasons: unknown[] = [...failures.values()];
        for (const index of failures.keys()) {
            await undo(applying.contexts[index] as Context, isSelfs).catch((undoing) => reasons.push(undoing));
        }
        const outs = describeAs(await describe(desired, sites, applying));
        if (reasons.length > 0) throw new PartlyDone(reasons, desired.name, outs);
        return { id: desired.name, outs };
    } catch (error) {
        if (error instanceof PartlyDone) throw error;
        const reasons = [error];
        applying.report("removing what was made");
        for (const each of [{ engine: undefined, begun: applying.begun }, ...applying.contexts]) {
            await undo(each, isSelfs).catch((undoing) => reasons.push(undoing));
        }
        applying.report("");
        // What was there before, of a creation that was cut off or of a builder that is adopted, stays.
        const wasThere = observed.nodes.some((node) => node.container?.isOurs || node.volume?.isOurs);
        const hasBegun = applying.contexts.some(({ begun }) => begun.length > 0);
        if (!hasBegun || (reasons.length === 1 && !wasThere)) throw error;
        const nodes = desired.nodes.map((node, index) => absentNode(node.name, observed.nodes[index]?.stored ?? ""));
        throw new PartlyDone(reasons, desired.name, describeAs(nodes));
    }
}

/** By what a builder is known to be ours from now on: the labels that its containers have, or that they have none. */
function ownershipOf(observed: Observed, self: Owner): { owner: Owner; isAdopted: boolean } {
    const found = observed.nodes.find((node) => node.container !== undefined)?.container;
    if (found === undefined) return { owner: self, isAdopted: observed.record.is !== "absent" };
    return { owner: found.owner ?? self, isAdopted: found.owner === undefined };
}

export async function read(id: string, props: Partial<BuilderState>): Promise<ReadResult<BuilderState>> {
    if (props.__owner === undefined) return readForeign(id, props);
    const olds = props as BuilderState;
    const desired = desiredInState(olds, await registriesOf(argumentsInState(olds)));
    const before = known(olds, desired);
    const leftover = before.nodes.filter(({ name }) => !desired.nodes.some((node) => node.name === name));
    const sites = await reachAll(before, [...desired.nodes, ...leftover]);
    const observed = await observe(sites, desired, ownedAsIn(olds), before);
    const isGone =
        observed.record.is === "absent" &&
        observed.nodes.every(
            ({ container, volume }, index) =>
                !container?.isOurs && (desired.nodes[index]?.volumeIsStates || !volume?.isOurs),
        );
    if (isGone) return { id: "", props: {} as BuilderState };
    const nodes = await describeFound(desired, sites, observed, olds);
    return { id, props: withFound({ ...olds, ...describedInState(olds.name, nodes) }, desired, observed) };
}

/** `BuildxBuilder.get`: of a builder that no state describes, the engine and the store are all there is. */
async function readForeign(id: string, props: Partial<BuilderState>): Promise<ReadResult<BuilderState>> {
    const name = canonicalName(id);
    const { outputs, engine, warning } = await readBuilder(name);
    if (warning !== undefined) await warn((props as Partial<BuilderInputs>).__urn ?? "", warning);
    const container = await inspectContainer(engine, outputs.containerName);
    const owner = ownerOf(container?.Config.Labels) ?? { urn: "", store: "" };
    return { id: name, props: { ...props, ...outputs, __owner: owner } };
}

export async function update(id: string, olds: BuilderState, news: BuilderInputs): Promise<UpdateResult<BuilderState>> {
    const desired = desire(news, olds.__owner, await filesOf(news));
    const before = known(olds);
    const reached = await reach(desired.nodes.map((node) => ({ ...node, recorded: undefined })));
    const dropped = droppedNodes(
        before,
        desired,
        reached.map(({ place }) => place),
    );
    const sites = [...reached, ...(await reach(dropped.map(addressOf)))];
    if (reached.every(({ trouble }) => trouble)) throw allTroubles(reached);
    await waitForCopies(sites, news.__urn);
    const observed = await observe(sites, desired, ownedAsIn(olds), before);
    const ownership = { owner: olds.__owner, isAdopted: olds.__adopted === true };
    const applying = applyingAt(sites, news.__urn);
    const finish = async (failures: ReadonlyMap<number, unknown>) => {
        const nodes = await describe(desired, sites, applying, olds, failures);
        return stateOf(news, ownership, desired, nodes);
    };
    try {
        const failures = await run(plan(desired, observed), desired, observed, applying);
        if (failures.size === 0) return { outs: await finish(failures) };
        throw new PartlyDone([...failures.values()], id, await finish(failures));
    } catch (error) {
        if (error instanceof PartlyDone) throw error;
        const hasBegun = [applying, ...applying.contexts].some(({ begun }) => begun.length > 0);
        if (!hasBegun) throw error; // nothing changed: the state is still true
        const found = await read(id, olds).catch(() => undefined);
        throw new PartlyDone([error], id, found?.props?.name === undefined ? olds : found.props);
    }
}

async function remove(id: string, props: BuilderState): Promise<void> {
    const { urn } = props.__owner;
    await releaseName(id, urn);
    const before = known(props);
    const sites = await reach(before.nodes.map(addressOf));
    const lost = sites.filter(({ trouble }) => trouble !== undefined);
    for (const { node, trouble } of lost) {
        if (!(trouble instanceof UnreachableError) || !(await deletesUnreachable(urn))) throw withAdvice(trouble);
        const left = `container ${containerName(node)} and volume ${volumeName(node)}`;
        await warn(urn, `${trouble.message}. The builder's record is removed; ${left} may be left there`);
    }
    await waitForCopies(sites, urn);
    const isOurs = ownedAsIn(props);
    const remains = await Promise.all(sites.map((site) => observeRemains(site, isOurs, props.__owner, before)));
    const removal = {
        name: id,
        keepVolume: props.keepState === true,
        drainTimeout: props.drainTimeout ?? defaults.drainTimeout,
    };
    const steps = planRemoval(removal, remains);
    await requireWritable(steps.after);
    const applying = applyingAt(sites, urn);
    try {
        const failures = await applyNodes(steps, applying);
        for (const failure of failures.values()) throw failure;
        await applyAfter(steps.after, applying);
    } finally {
        applying.report("");
    }
}

export { remove as delete };

const addressOf = ({ name, endpoint, tls, stored }: KnownNode): Address => ({ name, endpoint, tls, recorded: stored });

/** The engines of nodes that the state has; throws where one of them cannot be reached. */
async function reachAll(before: Known, nodes: readonly { name: string }[]): Promise<Site[]> {
    const addresses = nodes.map(({ name }) => before.nodes.find((node) => node.name === name));
    const sites = await reach(addresses.map((node, index) => (node ? addressOf(node) : (nodes[index] as Address))));
    if (sites.some(({ trouble }) => trouble)) throw allTroubles(sites);
    return sites;
}

/** All that keeps nodes from being reached, each with its node's name where there are several. */
function allTroubles(sites: readonly Site[]): Error {
    const troubles = sites.flatMap(({ node, trouble }) => (trouble ? [{ node, trouble }] : []));
    const [first] = troubles;
    if (sites.length === 1 && first) return first.trouble;
    return new UnreachableError(troubles.map(({ node, trouble }) => `node ${node}: ${trouble.message}`).join("\n"));
}

/** Whoever copies a state, from whatever program, stops its builder for that and starts it again. */
async function waitForCopies(sites: readonly Site[], urn: string): Promise<void> {
    const to = { report: statusLine(urn), signal: cancelled() };
    const each = async ({ engine, node }: Site) =>
        engine && (await waitForCopy({ engine, volume: volumeName(node), ...to }));
    await Promise.all(sites.map(each));
}

const applyingAt = (sites: readonly Site[], urn: string): Applying => ({
    contexts: sites.map(({ engine }) => ({ engine, begun: [] })),
    report: statusLine(urn),
    signal: cancelled(),
    warn: (text) => warn(urn, text),
    workers: new Map(),
    begun: [],
});

const ownedAsIn =
    ({ __owner: { urn }, __adopted: isAdopted }: BuilderState): IsOurs =>
    (found) =>
        found === undefined ? isAdopted === true : found.urn === urn;

const isEmpty = ({ refusal, replaces = [], nodes, after }: Plan) =>
    refusal === undefined && replaces.length === 0 && nodes.flat().length === 0 && after.length === 0;

/**
 * Runs a plan. Where some of several nodes fail, the others are finished, and the failures are given by node; where none
 * is left the failure is thrown.
 */
async function run(
    steps: Plan,
    desired: Desired,
    observed: Observed,
    applying: Applying,
): Promise<ReadonlyMap<number, Error>> {
    if (steps.refusal !== undefined) throw new Error(steps.refusal);
    await requireWritable(steps.after);
    try {
        const failed = await applyNodes(steps, applying);
        const names = [...desired.nodes.map(({ name }) => name), ...observed.dropped.map(({ node }) => node)];
        const troubles = [...observed.nodes, ...observed.dropped].map(({ trouble }) => trouble);
        const failures = new Map<number, Error>();
        for (const [index, name] of names.entries()) {
            const trouble = failed.has(index)
                ? (failed.get(index) as Error)
                : troubles[index] && new Error(troubles[index]);
            if (!trouble) continue;
            if (names.length === 1) throw trouble;
            failures.set(index, new Error(`node ${name}: ${trouble.message}`, { cause: trouble }));
        }
        if (desired.nodes.every((_, index) => failures.has(index))) {
            throw new Error([...failures.values()].map(({ message }) => message).join("\n"));
        }
        const befallen = observed.nodes.map((node, index) => {
            const { message } = failures.get(index) ?? {};
            return message === undefined ? node : { ...node, trouble: message };
        });
        const after =
            failures.size === 0
                ? steps.after
                : planAfter(desired, { ...observed, nodes: befallen }, steps.nodes.flat());
        await applyAfter(after, applying);
        return failures;
    } finally {
        applying.report(""); // the last status line would stay on the screen
    }
}

/**
 * Each node as it is after its steps, one that cannot be asked as it was; after them the nodes that were dropped and could
 * not be removed.
 */
async function describe(
    { nodes }: Desired,
    sites: readonly Site[],
    applying: Applying,
    before?: BuilderState,
    failures: ReadonlyMap<number, unknown> = new Map(),
): Promise<Described[]> {
    const described = sites.map(async ({ node, engine, place }, index): Promise<Described[]> => {
        const old = describedBefore(before, node);
        const isDropped = index >= nodes.length;
        if (isDropped && !failures.has(index)) return [];
        if (engine === undefined)
            return [old ? { ...old, outputs: { ...old.outputs, status: "inactive" } } : absentNode(node, "")];
        const asked = applying.workers.get(containerName(node));
        return [await describeNode(engine, place.stored, node, { asked, before: old })];
    });
    return (await Promise.all(described)).flat();
}

/** Each node as it was found; after them the nodes that were dropped and are still there. */
const describeFound = (
    { nodes }: Desired,
    sites: readonly Site[],
    observed: Observed,
    before: BuilderState,
): Promise<Described[]> =>
    Promise.all(
        sites.map(async ({ node, engine, place }, index): Promise<Described> => {
            const old = describedBefore(before, node);
            if (engine === undefined) return old ?? absentNode(node, "");
            const found = index < nodes.length ? observed.nodes[index] : undefined;
            if (found === undefined || old === undefined) {
                return describeNode(engine, place.stored, node, { before: old });
            }
            const now = await describeObserved(engine, node, found, old);
            // A container that was only started again is no change to tell of: the state stays as it is.
            return isDeepStrictEqual(now.outputs, old.outputs) ? old : now;
        }),
    );
