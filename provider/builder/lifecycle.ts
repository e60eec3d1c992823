/** The life of a builder in the words of Pulumi's dynamic providers: the six verbs, each one way through the house. */
import type { CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/dynamic";
import { claimedName, claimName, releaseName } from "../buildx/claims";
import { canonicalName, nodeName } from "../buildx/names";
import { readRecord, removeRecord, storeIdentifier } from "../buildx/store";
import { inspectContainer } from "../docker/container";
import { type Endpoint, findEndpoint, storedEndpoint } from "../docker/endpoint";
import { connect, type Engine, UnreachableError } from "../docker/engine";
import { type Owner, ownerOf, sameOwner } from "../docker/ownership";
import { PartlyDone } from "../pulumi/failure";
import { changedPaths } from "../pulumi/replaceOnChanges";
import { statusLine, warn } from "../pulumi/progress";
import { fillIn, hasUnknown, unknown } from "../pulumi/unknown";
import { deletesUnreachable, withAdvice } from "../pulumi/unreachable";
import { type Applied, apply, type Context, undo } from "./apply";
import { automaticName, failuresOfBuilder } from "./check";
import { type Desired, desire, recordOf } from "./desired";
import { type BuilderInputs, defaults } from "./inputs";
import { type IsOurs, type Observed, observe, observeRemains } from "./observe";
import { absentNode, builderOutputs, describeNode } from "./describe";
import type { BuilderOutputs } from "./outputs";
import { type Plan, plan, planRemoval, type Step } from "./plan";
import { readBuilder } from "./read";
import { argumentsInState, type BuilderState, known, observedInState, stateOf, withFound } from "./state";

/** What is wrong with the arguments, and a name for a builder that was given none. */
export async function check(olds: Partial<BuilderInputs>, news: BuilderInputs): Promise<CheckResult<BuilderInputs>> {
    const failures = failuresOfBuilder(news);
    if (news.name !== undefined || news.state !== undefined) return { inputs: news, failures };
    if (olds.__autoName !== undefined) await releaseName(olds.__autoName); // the state has it
    const __autoName = olds.__autoName ?? (await claimedName(news.__urn)) ?? automaticName(news);
    return { inputs: { ...news, __autoName }, failures };
}

/** Whether `news` differ from what the state has of the builder, and whether they make it another one. */
export async function diff(id: string, olds: BuilderState, news: BuilderInputs): Promise<DiffResult> {
    const before = argumentsInState(olds);
    const desired = desire(fillIn(news, before), olds.__owner);
    const { stored } = await findEndpoint(desired.identity.endpoint);
    const steps = plan(desired, recordOf(desired, stored), observedInState(olds, await readRecord(id)));
    const replaces = [
        ...(steps.replaces ?? []),
        ...(losesVolume(olds, news) ? ["state"] : []),
        ...changedPaths(news.__replaceOnChanges, { ...before, name: news.name }, news),
    ];
    return {
        changes: hasUnknown(news) || replaces.length > 0 || !isEmpty(steps),
        replaces,
        // With an automatic name the new one can come first; with a name of the user's the old one is in its place.
        deleteBeforeReplace: news.__autoName === undefined || desired.later.keepState,
    };
}

/**
 * Whether the state that the builder works on is itself made anew. Before it removes such a state Pulumi asks what
 * depends on it, with the whole argument unknown, and the builder has to let go of the volume first.
 */
const losesVolume = (olds: BuilderState, news: BuilderInputs): boolean =>
    olds.state !== undefined && (news.state as unknown) === unknown;

export async function create(inputs: BuilderInputs): Promise<CreateResult<BuilderState>> {
    const self: Owner = { urn: inputs.__urn, store: await storeIdentifier() };
    if (inputs.__autoName !== undefined) await claimName(inputs.__autoName, self.urn);
    const desired = desire(inputs, self);
    const context = await contextFor(desired.identity.endpoint, inputs.__urn);
    const { stored } = context.engine.endpoint;
    const isOurs: IsOurs = (found) => desired.adopt || sameOwner(found, self);
    const observed = await observe(context.engine, desired, isOurs, undefined);
    const ownership = ownershipOf(observed, self);
    const begun: Step[] = [];
    try {
        const applied = await run(plan(desired, recordOf(desired, stored), observed), context, begun);
        const outputs = await describe(context.engine, desired, applied);
        return { id: desired.identity.name, outs: stateOf(inputs, ownership, outputs) };
    } catch (error) {
        const reasons = [error];
        await undo(begun, context, (found) => sameOwner(found, self)).catch((undoing) => reasons.push(undoing));
        // What was there before, of a creation that was cut off or of a builder that is adopted, stays.
        const wasThere = observed.nodes.some((node) => node.container?.isOurs || node.volume?.isOurs);
        if (begun.length === 0 || (reasons.length === 1 && !wasThere)) throw error;
        const nodes = desired.nodes.map((node) => absentNode(node.name, stored));
        const left = stateOf(inputs, ownership, builderOutputs(desired.identity.name, nodes));
        throw new PartlyDone(reasons, desired.identity.name, left);
    }
}

/** By what a builder is known to be ours from now on: the labels that its container has, or that it has none. */
function ownershipOf(observed: Observed, self: Owner): { owner: Owner; isAdopted: boolean } {
    const found = observed.nodes[0]?.container;
    if (found === undefined) return { owner: self, isAdopted: observed.record.is !== "absent" };
    return { owner: found.owner ?? self, isAdopted: found.owner === undefined };
}

export async function read(id: string, props: Partial<BuilderState>): Promise<ReadResult<BuilderState>> {
    if (props.__owner === undefined) return readForeign(id, props);
    const olds = props as BuilderState;
    const engine = await connect(await endpointInState(olds));
    const desired = desire(argumentsInState(olds), olds.__owner);
    const observed = await observe(engine, desired, ownedAsIn(olds), known(olds));
    const isGone =
        observed.record.is === "absent" &&
        observed.nodes.every((node) => !node.container?.isOurs && (olds.state !== undefined || !node.volume?.isOurs));
    if (isGone) return { id: "", props: {} as BuilderState };
    const outputs = await describe(engine, desired, undefined, olds);
    return { id, props: withFound({ ...olds, ...outputs }, desired, observed) };
}

/** `BuildxBuilder.get`: of a builder that no state describes, the engine and the store are all there is. */
async function readForeign(id: string, props: Partial<BuilderState>): Promise<ReadResult<BuilderState>> {
    const name = canonicalName(id);
    const { outputs, engine } = await readBuilder(name);
    const container = await inspectContainer(engine, outputs.containerName);
    const owner = ownerOf(container?.Config.Labels) ?? { urn: "", store: "" };
    return { id: name, props: { ...props, ...outputs, __owner: owner } };
}

export async function update(id: string, olds: BuilderState, news: BuilderInputs): Promise<UpdateResult<BuilderState>> {
    const desired = desire(news, olds.__owner);
    const context = await contextFor(desired.identity.endpoint, news.__urn);
    const observed = await observe(context.engine, desired, ownedAsIn(olds), known(olds));
    const steps = plan(desired, recordOf(desired, context.engine.endpoint.stored), observed);
    const ownership = { owner: olds.__owner, isAdopted: olds.__adopted === true };
    const begun: Step[] = [];
    try {
        const applied = await run(steps, context, begun);
        return { outs: stateOf(news, ownership, await describe(context.engine, desired, applied, olds)) };
    } catch (error) {
        if (begun.length === 0) throw error; // nothing changed: the state is still true
        const found = await read(id, olds).catch(() => undefined);
        throw new PartlyDone([error], id, found?.props?.name === undefined ? olds : found.props);
    }
}

async function remove(id: string, props: BuilderState): Promise<void> {
    const names = props.nodes?.map((node) => node.name) ?? [nodeName(id, 0)];
    await releaseName(id);
    let engine: Engine;
    try {
        engine = await connect(await endpointInState(props));
    } catch (error) {
        if (!(error instanceof UnreachableError) || !(await deletesUnreachable(props.__owner.urn)))
            throw withAdvice(error);
        await removeRecord(id);
        const left = props.nodes.map((node) => `container ${node.containerName} and volume ${node.volumeName}`);
        return warn(props.__owner.urn, `${error.message}. Its record is removed; ${left.join(", ")} may be left there`);
    }
    const context = { engine, report: statusLine(props.__owner.urn) };
    const remains = await Promise.all(names.map((node) => observeRemains(engine, node, ownedAsIn(props))));
    const removal = {
        name: id,
        keepVolume: props.keepState === true || props.state !== undefined,
        drainTimeout: props.drainTimeout ?? defaults.drainTimeout,
    };
    await run(planRemoval(removal, remains), context, []);
}

export { remove as delete };

async function contextFor(endpoint: string | undefined, urn: string): Promise<Context> {
    return { engine: await connect(await findEndpoint(endpoint)), report: statusLine(urn) };
}

/** The engine that the builder is on, also when docker's own configuration can no longer be read. */
async function endpointInState(state: BuilderState): Promise<Endpoint> {
    return findEndpoint(state.__endpoint).catch(() => storedEndpoint(state.dockerEndpoint));
}

const ownedAsIn =
    ({ __owner: { urn }, __adopted: isAdopted }: BuilderState): IsOurs =>
    (found) =>
        found === undefined ? isAdopted === true : found.urn === urn;

const isEmpty = ({ refusal, replaces = [], nodes, after }: Plan) =>
    refusal === undefined && replaces.length === 0 && nodes.flat().length === 0 && after.length === 0;

async function run(steps: Plan, context: Context, begun: Step[]): Promise<Applied> {
    if (steps.refusal !== undefined) throw new Error(steps.refusal);
    try {
        return await apply(steps, context, begun);
    } finally {
        context.report(""); // the last status line would stay on the screen
    }
}

async function describe(
    engine: Engine,
    { identity, nodes }: Desired,
    applied: Applied | undefined,
    before?: BuilderState,
): Promise<BuilderOutputs> {
    const described = await Promise.all(
        nodes.map(({ name, container }, index) =>
            describeNode(engine, name, { asked: applied?.workers.get(container), before: before?.nodes[index] }),
        ),
    );
    return builderOutputs(identity.name, described);
}
