/** The lifecycle of a `RemoteBuilder`: check, diff, create, read, update, delete. */
import { fillIn, unknown } from "../../args/unknown";
import {
    type Call,
    type CheckedArguments,
    type ComparedArguments,
    type Created,
    type Difference,
    type ExclusiveUse,
    PartialFailureError,
} from "../../bridges/lifecycle";
import { canonicalName } from "../../buildx/names";
import { whyUnreadableName } from "../../buildx/otherDriver";
import { releaseName, reservedName, reserveName } from "../../buildx/pendingNames";
import { storeIdentifier } from "../../buildx/store";
import type { Owner } from "../../ownership";
import { logicalName } from "../../text/urn";
import { automaticName } from "../builder/automaticName";
import { differenceOf } from "../plan";
import { apply, type Applying, startRun } from "./apply";
import type { RemoteInputs } from "./args";
import { failuresOfRemote, nodeIndexes } from "./check";
import { type DesiredRemote, desiredRemote } from "./desired";
import { findRemote } from "./findBuilder";
import { importBuilder, requireRemote } from "./import";
import { builderName } from "./nodeArgs";
import { observe } from "./observe";
import type { RemoteNodeOutputs } from "./outputs";
import { plan } from "./plan";
import { planRemoval } from "./planRemoval";
import { load, type PreviousRemote } from "./previous";
import { describeNode, findNode } from "./readOutputs";
import { savedArguments, type SavedRemote, toSaved } from "./saved";
import { undo } from "./undo";

/** Checks the arguments. Chooses names for a builder and for nodes that have no name. */
export async function check(
    call: Call,
    previous: RemoteInputs | undefined,
    news: RemoteInputs,
): Promise<CheckedArguments<RemoteInputs>> {
    const { urn, previousUrn = urn } = call;
    const failures = await failuresOfRemote(news);
    const args = {
        ...news,
        ...(Array.isArray(news.nodes) && { __nodeIndexes: nodeIndexes(previous ?? {}, news.nodes) }),
    };
    // The name of the previous update is saved in Pulumi's state.
    if (previous !== undefined) await releaseName(builderName(previous), previousUrn);
    if (news.name !== undefined) return { args, failures };
    const __autoName = previous?.__autoName ?? (await reservedName(urn)) ?? automaticName(urn);
    return { args: { ...args, __autoName }, failures };
}

/** Returns the builder's name: two builders of one program cannot have one record. */
export async function exclusiveUses({ urn }: Pick<Call, "urn">, inputs: RemoteInputs): Promise<ExclusiveUse[]> {
    if ((inputs.name as unknown) === unknown) return [];
    const name = builderName(inputs);
    const reason = (user: string) =>
        `"${name}" is already the name of RemoteBuilder "${logicalName(user)}". Give "${logicalName(urn)}" another name`;
    return [{ key: `remote builder ${name}`, property: "name", reason }];
}

/** Plans the update from the saved builder to `news`. */
export async function diff(call: Call, id: string, olds: SavedRemote, news: RemoteInputs): Promise<Difference> {
    const previous = load(olds);
    const desired = desiredRemote(fillIn(news, previous.args));
    const planned = plan(desired, await observe(id), previous);
    // A refresh also calls `diff` and must not fail. `update` fails with the refusal.
    if (planned.refusal !== undefined) await call.warn(planned.refusal);
    // A name that the user chose is still taken by the old builder.
    return differenceOf(planned, { deleteBeforeReplace: news.__autoName === undefined });
}

/** Returns the saved arguments beside the new ones. Another name replaces the builder anyway. */
export const comparedArguments = (olds: SavedRemote, news: RemoteInputs): ComparedArguments => ({
    before: { ...savedArguments(olds), name: news.name },
    after: news,
});

export async function create(call: Call, inputs: RemoteInputs): Promise<Created<SavedRemote>> {
    const owner: Owner = { urn: call.urn, store: await storeIdentifier() };
    const desired = desiredRemote(inputs);
    const { name } = desired;
    const wasBegun = (await reservedName(call.urn)) === name;
    await reserveName(name, call.urn);
    const applying = startRun(call);
    const observed = await observe(name, wasBegun);
    try {
        const planned = plan(desired, observed, undefined);
        if (planned.refusal !== undefined) throw new Error(planned.refusal);
        await apply(planned.steps, applying);
        return { id: name, saved: toSaved(inputs, owner, name, outputsAfter(desired, applying, undefined)) };
    } catch (error) {
        try {
            await undo(applying.begun, observed, name);
        } catch (failure) {
            const nodes = desired.nodes.map((node) => describeNode(node, undefined, undefined));
            throw new PartialFailureError([error, failure], name, toSaved(inputs, owner, name, nodes));
        }
        if (inputs.__autoName === undefined && !wasBegun) await releaseName(name, call.urn);
        throw error;
    }
}

/** Returns the outputs of each node: what its daemon just reported, or its outputs in Pulumi's state. */
const outputsAfter = (
    { nodes }: DesiredRemote,
    { workers }: Applying,
    previous: PreviousRemote | undefined,
): RemoteNodeOutputs[] =>
    nodes.map((node) => {
        const before = previous?.nodes.find(({ name }) => name === node.name)?.outputs;
        const reported = workers.get(node.name);
        return reported === undefined && before !== undefined ? before : describeNode(node, reported, before);
    });

/**
 * Reads a builder. The builder stays in Pulumi's state if this machine has no record of it, or if its daemons do not
 * respond: another machine may have the record, and the daemons are not managed by this resource.
 */
export async function read(call: Call, id: string, props: Partial<SavedRemote>): Promise<Created<SavedRemote>> {
    if (props.__owner === undefined) return readForeign(call, id, props);
    const olds = props as SavedRemote;
    const { desired, nodes: before, args } = load(olds);
    const found = await Promise.all(
        desired.nodes.map((node) =>
            findNode(node, before.find(({ name }) => name === node.name)?.outputs, call.signal),
        ),
    );
    for (const { outputs, error } of found)
        if (error !== undefined) await call.warn(`node ${outputs.name} is shown as inactive: ${error.message}`);
    const nodes = found.map(({ outputs }) => outputs);
    return { id, saved: { ...olds, ...toSaved(args, olds.__owner, olds.name, nodes) } };
}

/** Reads a builder that is not in Pulumi's state from buildx's store, for `RemoteBuilder.get`. */
async function readForeign(call: Call, id: string, props: Partial<SavedRemote>): Promise<Created<SavedRemote>> {
    const name = canonicalName(id);
    const illegal = whyUnreadableName(id);
    if (illegal !== undefined) throw new Error(illegal);
    await requireRemote(name);
    const { outputs, warning } = await findRemote(name, call.signal);
    if (warning !== undefined) await call.warn(warning);
    return { id: name, saved: { ...props, ...outputs, __owner: { urn: "", store: "" } } };
}

export async function update(call: Call, id: string, olds: SavedRemote, news: RemoteInputs): Promise<SavedRemote> {
    const previous = load(olds);
    const desired = desiredRemote(news);
    const planned = plan(desired, await observe(id), previous);
    if (planned.refusal !== undefined) throw new Error(planned.refusal);
    const applying = startRun(call);
    try {
        await apply(planned.steps, applying);
    } catch (error) {
        if (applying.begun.length === 0) throw error; // nothing changed: the state is still correct
        throw new PartialFailureError([error], id, olds); // the next update compares the record again
    }
    return toSaved(news, olds.__owner, desired.name, outputsAfter(desired, applying, previous));
}

async function remove(call: Call, id: string, olds: SavedRemote): Promise<void> {
    await releaseName(id, olds.__owner.urn);
    const { steps } = planRemoval(load(olds), await observe(id));
    await apply(steps, startRun(call));
}

export { importBuilder as import, remove as delete };
export { outputs, stableOutputs } from "./outputs";
export { secretPaths } from "./saved";
