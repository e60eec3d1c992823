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
import { StartError } from "../docker-buildkitd/boot";
import { claimedName, claimName, releaseName } from "../buildx/claims";
import { canonicalName, containerName, volumeName } from "../buildx/names";
import { readRecord, storeIdentifier } from "../buildx/store";
import { inspectContainer } from "../docker/container";
import { UnreachableError } from "../docker/engine";
import { type Owner, ownerOf, sameOwner } from "../docker/ownership";
import { warnOfPodman } from "../docker/podman";
import { cancelled } from "../pulumi/cancel";
import { PartlyDone } from "../pulumi/failure";
import { patienceOf } from "../pulumi/patience";
import { statusLine, warn } from "../pulumi/progress";
import type { ComparedArguments } from "../pulumi/replaceOnChanges";
import { fillIn, hasUnknown, unknown } from "../pulumi/unknown";
import { adviceToLetGo, deletesUnreachable, withAdvice } from "../pulumi/unreachable";
import { untilAborted } from "../waiting";
import { applyAfter, type Applying, applyNodes, type Context } from "./apply";
import { automaticName, failuresOfBuilder, nodeIndexes, warningsOfBuilder } from "./check";
import { absentNode, type Described, describeNode, describeObserved } from "./describe";
import { type Desired, type DesiredNode, desire, nodesOf } from "./desired";
import { filesOf, registriesOf } from "./files";
import { type BuilderInputs, defaults } from "./inputs";
import { type IsOurs, type Known, type KnownNode, type Observed, observe, observeRemains } from "./observe";
import { type Plan, plan, planAfter, planRemoval } from "./plan";
import { readBuilder } from "./read";
import { ownedAsIn, ownershipAfter, ownershipOf } from "./ownership";
import { type Address, leftBehind, locate, reach, reachKnown, type Site } from "./sites";
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
import { undo, undoGrace } from "./undo";

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
    if (failures.length === 0) for (const text of await warningsOfBuilder(news)) await warn(news.__urn, text);
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
    const [record, left, ...places] = await Promise.all([
        readRecord(id),
        leftPlaces(desired, known(olds)),
        ...desired.nodes.map(locate),
    ]);
    const steps = plan(desired, await observedInState(olds, desired, places, record, left));
    // A refresh asks as well, and is not to fail for it: `update` refuses.
    if (steps.refusal !== undefined) await warn(news.__urn, steps.refusal);
    const replaces = [...(steps.replaces ?? []), ...(losesVolume(olds, news) ? ["state"] : [])];
    return {
        changes: hasUnknown(news) || replaces.length > 0 || !isEmpty(steps),
        replaces,
        // With an automatic name the new one can come first; with a name of the user's the old one is in its place.
        deleteBeforeReplace: news.__autoName === undefined || desired.later.keepState,
    };
}

/** For each node that is asked for without an endpoint, the engine that it is on if the docker CLI uses another by now. */
const leftPlaces = ({ nodes }: Desired, before: Known): Promise<(string | undefined)[]> =>
    Promise.all(
        nodes.map(async ({ name, endpoint }) => {
            const node = before.nodes.find((each) => each.name === name && each.endpoint === undefined);
            if (node === undefined || endpoint !== undefined) return undefined;
            return (await leftBehind(addressOf(node)))?.place.stored;
        }),
    );

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
    const limit = { seconds: desired.later.bootTimeout, argument: "bootTimeout" };
    const sites = await reach(desired.nodes, patienceOf(inputs, limit));
    if (sites.every(({ trouble }) => trouble)) throw allTroubles(sites);
    await Promise.all([waitForCopies(sites, inputs.__urn), warnOfPodmanAt(sites, inputs.__urn)]);
    const isOurs: IsOurs = (found) => desired.adopt || sameOwner(found, self);
    const observed = await observe(sites, desired, isOurs, undefined);
    const ownership = ownershipOf(desired, observed);
    const applying = applyingAt(sites, inputs.__urn);
    const isSelfs: IsOurs = (found) => sameOwner(found, self);
    const describeAs = (nodes: readonly Described[]) => stateOf(inputs, ownership, desired, nodes);
    try {
        const failures = await run(plan(desired, observed), desired, observed, applying);
        const reasons: unknown[] = [...failures.values()];
        for (const index of failures.keys()) {
            const undone = undo(applying.contexts[index] as Context, isSelfs, applying.signal);
            await undone.catch((undoing) => reasons.push(undoing));
        }
        const outs = describeAs(await describe(desired, sites, applying));
        if (reasons.length > 0) throw new PartlyDone(reasons, desired.name, outs);
        return { id: desired.name, outs };
    } catch (error) {
        if (error instanceof PartlyDone) throw error;
        const reasons = [error];
        applying.report("removing what was made");
        const all = [{ engine: undefined, begun: applying.begun }, ...applying.contexts];
        const undone = all.map((each) =>
            undo(each, isSelfs, applying.signal).catch((undoing) => reasons.push(undoing)),
        );
        await Promise.all(undone);
        applying.report("");
        // What was there before, of a creation that was cut off or of a builder that is adopted, stays.
        const wasThere = observed.nodes.some((node) => node.container?.isOurs || node.volume?.isOurs);
        const hasBegun = applying.contexts.some(({ begun }) => begun.length > 0);
        if (!hasBegun || (reasons.length === 1 && !wasThere)) throw error;
        const nodes = desired.nodes.map((node, index) => absentNode(node.name, observed.nodes[index]?.stored ?? ""));
        throw new PartlyDone(reasons, desired.name, describeAs(nodes));
    }
}

export async function read(id: string, props: Partial<BuilderState>): Promise<ReadResult<BuilderState>> {
    if (props.__owner === undefined) return readForeign(id, props);
    const olds = props as BuilderState;
    const { urn } = olds.__owner;
    const desired = desiredInState(olds, await registriesOf(argumentsInState(olds)));
    const before = known(olds, desired);
    const isAsked = (each: KnownNode) =>
        desired.nodes.some(({ name }) => before.nodes.find((node) => node.name === name) === each);
    const leftover = before.nodes.filter((each) => !isAsked(each));
    const sites = await reachKnown([
        ...desired.nodes.map((node) => addressIn(before, node)),
        ...leftover.map(addressOf),
    ]);
    const troubles = sites.filter(({ trouble }) => trouble !== undefined);
    if (troubles.length === sites.length) {
        if (await letsGo(urn, sites, "The builder is taken out of Pulumi's state")) return gone;
        throw allTroubles(sites);
    }
    for (const { node, trouble } of troubles) await warn(urn, `node ${node} is shown as inactive: ${trouble?.message}`);
    const observed = await observe(sites, desired, ownedAsIn(olds), before);
    const isGone =
        troubles.length === 0 &&
        observed.record.is === "absent" &&
        observed.nodes.every(
            ({ container, volume }, index) =>
                !container?.isOurs && (desired.nodes[index]?.volumeIsStates || !volume?.isOurs),
        );
    if (isGone) return gone;
    const nodes = await describeFound(desired, sites, observed, olds);
    return { id, props: withFound({ ...olds, ...describedInState(olds.name, nodes) }, desired, observed) };
}

/** What Pulumi takes for a resource that is not there any more. */
const gone: ReadResult<BuilderState> = { id: "", props: {} as BuilderState };

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
    const wasReached = isReached(before);
    const patience = patienceOf(news, { seconds: desired.later.bootTimeout, argument: "bootTimeout" });
    const reachAsked = (node: DesiredNode) => reach([node], wasReached({ node: node.name }) ? undefined : patience);
    const reached = (await Promise.all(desired.nodes.map(reachAsked))).flat();
    const dropped = droppedNodes(
        before,
        desired,
        reached.map(({ place }) => place),
    );
    const left = await reachKnown(dropped.map(addressOf));
    const unreachable = left.filter(({ trouble }) => trouble !== undefined);
    const isLetGo = await letsGo(news.__urn, unreachable.filter(wasReached), "The node is dropped");
    const sites = [...reached, ...left];
    if (reached.every(({ trouble }) => trouble)) throw allTroubles(reached);
    await Promise.all([waitForCopies(sites, news.__urn), warnOfPodmanAt(sites, news.__urn)]);
    const isOurs: IsOurs = (found) => desired.adopt || ownedAsIn(olds)(found);
    const [found, leftAt] = await Promise.all([observe(sites, desired, isOurs, before), leftPlaces(desired, before)]);
    const observed: Observed = {
        ...found,
        nodes: found.nodes.map((node, index) => ({ ...node, leftAt: leftAt[index] })),
        dropped: found.dropped.map((each) => {
            const { trouble, ...others } = each;
            if (trouble === undefined || isLetGo || !wasReached(each)) return others;
            return { ...others, trouble: `${trouble}. ${adviceToLetGo}` };
        }),
    };
    const ownership = ownershipAfter(olds, desired, observed);
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
        const now = await untilAborted(read(id, olds), applying.signal, undoGrace).catch(() => undefined);
        throw new PartlyDone([error], id, now?.props?.name === undefined ? olds : now.props);
    }
}

async function remove(id: string, props: BuilderState): Promise<void> {
    const { urn } = props.__owner;
    await releaseName(id, urn);
    const before = known(props);
    const sites = await reachKnown(before.nodes.map(addressOf));
    const lost = sites.filter(({ trouble }) => trouble !== undefined).filter(isReached(before));
    if (lost.length > 0 && !(await letsGo(urn, lost, "The builder's record is removed")))
        throw withAdvice(allTroubles(lost));
    await waitForCopies(sites, urn);
    const record = await readRecord(id);
    const remains = await observeRemains(sites, ownedAsIn(props), props.__owner, record, before);
    const removal = {
        name: id,
        keepVolume: props.keepState === true,
        drainTimeout: props.drainTimeout ?? defaults.drainTimeout,
    };
    const steps = planRemoval(removal, remains, record);
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

/** The address of a node of the state; of one that has none there yet, what is asked for. */
const addressIn = (before: Known, node: DesiredNode): Address => {
    const found = before.nodes.find(({ name }) => name === node.name);
    return found ? addressOf(found) : node;
};

/** Whether the engine of a node was ever reached: on one that was not there is nothing of the builder. */
const isReached =
    ({ nodes }: Known) =>
    ({ node }: { readonly node: string }): boolean =>
        nodes.some(({ name, stored }) => name === node && stored !== "");

/** Whether the user lets go of what is on engines that cannot be reached; then they are told what may be left there. */
async function letsGo(urn: string, sites: readonly Site[], what: string): Promise<boolean> {
    if (sites.length === 0 || !(await deletesUnreachable(urn))) return false;
    for (const { node, trouble } of sites) {
        const left = `container ${containerName(node)} and volume ${volumeName(node)}`;
        await warn(urn, `${trouble?.message}. ${what}; ${left} may be left there`);
    }
    return true;
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

async function warnOfPodmanAt(sites: readonly Site[], urn: string): Promise<void> {
    const each = async ({ engine }: Site) => engine && (await warnOfPodman(engine, (text) => warn(urn, text)));
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
        await replaceUnstartable(failed, desired, observed, applying);
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
 * Replaces the containers that the engine does not start any more, such as after a change of its runtimes. That is known
 * only once it was tried; then the plan decides again.
 *
 * @param failed the failures by node, from which those are taken out that are settled.
 */
async function replaceUnstartable(
    failed: Map<number, unknown>,
    desired: Desired,
    observed: Observed,
    applying: Applying,
): Promise<void> {
    const nodes = observed.nodes.map((node, index) => {
        const error = failed.get(index);
        const isNew = applying.contexts[index]?.begun.some((step) => step.do === "createContainer");
        if (!(error instanceof StartError) || isNew || node.container === undefined) return node;
        return { ...node, container: { ...node.container, cannotStart: error.why } };
    });
    const isTriedAgain = (index: number) => nodes[index] !== observed.nodes[index];
    if (!nodes.some((_, index) => isTriedAgain(index))) return;
    const again = plan(desired, { ...observed, nodes });
    const stillFailed = await applyNodes(
        { ...again, nodes: again.nodes.map((steps, index) => (isTriedAgain(index) ? steps : [])) },
        applying,
    );
    for (const index of failed.keys()) if (isTriedAgain(index)) failed.delete(index);
    for (const [index, error] of stillFailed) failed.set(index, error);
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
        if (engine === undefined) return [inactive(node, old)];
        const asked = applying.workers.get(containerName(node));
        return [await describeNode(engine, place.stored, node, { asked, before: old })];
    });
    return (await Promise.all(described)).flat();
}

/** A node whose engine cannot be asked. */
const inactive = (node: string, old: Described | undefined): Described =>
    old ? { ...old, outputs: { ...old.outputs, status: "inactive" } } : absentNode(node, "");

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
            if (engine === undefined) return inactive(node, old);
            const found = index < nodes.length ? observed.nodes[index] : undefined;
            if (found === undefined || old === undefined) {
                return describeNode(engine, place.stored, node, { before: old });
            }
            const now = await describeObserved(engine, node, found, old);
            // A container that was only started again is no change to tell of: the state stays as it is.
            return isDeepStrictEqual(now.outputs, old.outputs) ? old : now;
        }),
    );
