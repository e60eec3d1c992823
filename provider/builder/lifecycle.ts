/** The life of a builder in the words of Pulumi's dynamic providers: the six verbs, each one way through the house. */
import type { CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/dynamic";
import { canonicalName, nodeName } from "../buildx/names";
import { readRecord, storeIdentifier } from "../buildx/store";
import { inspectContainer } from "../docker/container";
import { type Endpoint, findEndpoint, storedEndpoint } from "../docker/endpoint";
import { connect, type Engine } from "../docker/engine";
import { type Owner, ownerOf, sameOwner } from "../docker/ownership";
import { PartlyDone } from "../pulumi/failure";
import { statusLine } from "../pulumi/progress";
import { fillIn, hasUnknown, unknown } from "../pulumi/unknown";
import { type Applied, apply, type Context, undo } from "./apply";
import { checkBuilder } from "./check";
import { type Desired, desire, recordOf } from "./desired";
import { type BuilderInputs, defaults } from "./inputs";
import { type IsOurs, observe, observeRemains } from "./observe";
import { type BuilderOutputs, builderOutputs, describeNode } from "./outputs";
import { type Plan, plan, planRemoval, type Step } from "./plan";
import { readBuilder } from "./read";
import { argumentsInState, type BuilderState, known, observedInState, stateOf, withFound } from "./state";

/** What is wrong with the arguments, and a name for a builder that was given none. */
export async function check(olds: Partial<BuilderInputs>, news: BuilderInputs): Promise<CheckResult<BuilderInputs>> {
    return checkBuilder(olds, news);
}

/** Whether `news` differ from what the state has of the builder, and whether they make it another one. */
export async function diff(id: string, olds: BuilderState, news: BuilderInputs): Promise<DiffResult> {
    const desired = desire(fillIn(news, argumentsInState(olds)), olds.__owner);
    const { stored } = await findEndpoint(desired.identity.endpoint);
    const steps = plan(desired, recordOf(desired, stored), observedInState(olds, await readRecord(id)));
    const replaces = [...(steps.replaces ?? []), ...(losesVolume(olds, news) ? ["state"] : [])];
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
    const owner: Owner = { urn: inputs.__urn, store: await storeIdentifier() };
    const desired = desire(inputs, owner);
    const context = await contextFor(desired.identity.endpoint, inputs.__urn);
    const observed = await observe(context.engine, desired, (found) => sameOwner(found, owner), undefined);
    const steps = plan(desired, recordOf(desired, context.engine.endpoint.stored), observed);
    const done: Step[] = [];
    try {
        const applied = await run(steps, context, done);
        const outputs = await describe(context.engine, desired, applied);
        return { id: desired.identity.name, outs: stateOf(inputs, owner, outputs) };
    } catch (error) {
        await undo(done, context);
        throw error;
    }
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
    const done: Step[] = [];
    try {
        const applied = await run(steps, context, done);
        return { outs: stateOf(news, olds.__owner, await describe(context.engine, desired, applied, olds)) };
    } catch (error) {
        if (done.length === 0) throw error; // nothing changed: the state is still true
        const { props } = await read(id, olds);
        throw new PartlyDone(error, id, props?.name === undefined ? olds : props);
    }
}

async function remove(id: string, props: BuilderState): Promise<void> {
    const engine = await connect(await endpointInState(props));
    const context = { engine, report: statusLine(props.__owner.urn) };
    const names = props.nodes?.map((node) => node.name) ?? [nodeName(id, 0)];
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
    ({ __owner: { urn } }: BuilderState): IsOurs =>
    (found) =>
        found?.urn === urn;

const isEmpty = ({ refusal, replaces = [], nodes, after }: Plan) =>
    refusal === undefined && replaces.length === 0 && nodes.flat().length === 0 && after.length === 0;

async function run(steps: Plan, context: Context, done: Step[]): Promise<Applied> {
    if (steps.refusal !== undefined) throw new Error(steps.refusal);
    try {
        return await apply(steps, context, done);
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
