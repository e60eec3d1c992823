/** The lifecycle of a `BuildxBuilder`: check, diff, create, read, update, delete. */
import { fillIn, hasUnknown, unknown } from "../../args/unknown";
import {
    type Call,
    changesOf,
    type CheckedArguments,
    type ComparedArguments,
    type Difference,
} from "../../bridges/lifecycle";
import { reservedName, releaseName } from "../../buildx/pendingNames";
import { volumeName } from "../../buildx/names";
import { readRecord } from "../../buildx/store";
import { automaticName } from "../builder/automaticName";
import { withAdvice } from "../previousEngine";
import { applyAfter, applyNodes } from "./apply";
import { failedNodes, startRun } from "./applying";
import { failuresOfBuilder, nodeIndexes, warningsOfBuilder } from "./check";
import { create } from "./create";
import { desiredBuilder } from "./desired";
import { nodesOf } from "./nodeArgs";
import { filesOf } from "./node/files";
import type { BuilderInputs } from "./args";
import { importBuilder } from "./import";
import { addressOf, mayRemoveUnreachable, unreachableNodes, waitForCopies } from "./node/engines";
import { wasReached } from "./node/node";
import { observeAllLeftovers } from "./observe";
import { observeSaved } from "./observeSaved";
import { ownedAsIn } from "./ownership";
import { plan } from "./plan";
import { planRemoval } from "./planRemoval";
import { read } from "./read";
import { load } from "./previous";
import { sharedStates } from "./conflicts/engine";
import { connectPrevious } from "./node/connect";
import { savedArguments, type SavedBuilder } from "./saved";
import { nodeSteps } from "./steps";
import { update } from "./update";
import { requireWritable } from "./writable";

/** Returns the state volumes of a builder's nodes. */
export async function volumesOf(props: BuilderInputs | SavedBuilder): Promise<string[]> {
    if ("__owner" in props) return props.nodes.map(({ name }) => volumeName(name));
    return desiredBuilder(props, { urn: "", store: "" }).nodes.map(({ volume }) => volume);
}

/** Checks the arguments. Chooses names for a builder and for nodes that have no name. */
export async function check(
    call: Call,
    previous: BuilderInputs | undefined,
    news: BuilderInputs,
): Promise<CheckedArguments<BuilderInputs>> {
    const { urn, previousUrn = urn } = call;
    const failures = await failuresOfBuilder(news);
    if (previous === undefined && failures.length === 0) failures.push(...(await sharedStates(news, urn)));
    if (failures.length === 0) for (const text of await warningsOfBuilder(news)) await call.warn(text);
    const args = {
        ...news,
        ...(Array.isArray(news.nodes) && { __nodeIndexes: nodeIndexes(previous ?? {}, news.nodes) }),
    };
    if (isNamed(news)) return { args, failures };
    const before = previous?.__autoName;
    if (before !== undefined) await releaseName(before, previousUrn); // it is saved in Pulumi's state
    const __autoName = before ?? (await reservedName(urn)) ?? automaticName(urn, { isFixed: news.keepState === true });
    return { args: { ...args, __autoName }, failures };
}

/** Whether the arguments name the builder: by `name`, or by the `BuildKitState` of the builder or of a node. */
const isNamed = ({ name, state, nodes }: BuilderInputs): boolean =>
    name !== undefined ||
    state !== undefined ||
    (Array.isArray(nodes) && nodes.some((node) => node.state !== undefined));

/** Plans the update from the saved builder to `news`. */
export async function diff(call: Call, id: string, olds: SavedBuilder, news: BuilderInputs): Promise<Difference> {
    const previous = load(olds);
    const inputs = fillIn(news, previous.args);
    const files = await filesOf(inputs, olds.__fileNames).catch((error: unknown) => {
        // An unknown value is taken from the saved arguments, which may name files that do not exist any more.
        if (hasUnknown(news)) return undefined;
        throw error;
    });
    const desired = desiredBuilder(inputs, olds.__owner, files);
    const observed = await observeSaved(previous, desired, await readRecord(id));
    const planned = plan(desired, observed, previous);
    // A refresh also calls `diff` and must not fail. `update` fails with the refusal.
    if (planned.refusal !== undefined) await call.warn(planned.refusal);
    const replaces = [...(planned.replaces ?? []), ...(losesVolume(olds, news) ? ["state"] : [])];
    return {
        changes: changesOf(replaces, [...nodeSteps(planned), ...planned.after]),
        refusal: planned.refusal,
        replaces,
        // With a random name, the new builder can be created first. With a name that the user chose, or with
        // `keepState`, the old builder still has the name.
        deleteBeforeReplace: news.__autoName === undefined || desired.savedOnly.keepState,
    };
}

/**
 * Returns the saved arguments beside the new ones. The name is the same in both: it is saved in lower case, and another
 * name replaces the builder anyway.
 */
export const comparedArguments = (olds: SavedBuilder, news: BuilderInputs): ComparedArguments => ({
    before: { ...savedArguments(olds), name: news.name },
    after: { ...news, ...(Array.isArray(news.nodes) && { nodes: nodesOf(news) }) },
});

/**
 * Whether the builder's `BuildKitState` is being replaced. Before Pulumi removes the old state, it calls `diff` of the
 * builder with the whole argument `state` unknown. The builder must release the volume first.
 */
const losesVolume = (olds: SavedBuilder, news: BuilderInputs): boolean =>
    olds.state !== undefined && (news.state as unknown) === unknown;

async function remove(call: Call, id: string, olds: SavedBuilder): Promise<void> {
    await releaseName(id, olds.__owner.urn);
    const previous = load(olds);
    const nodes = await Promise.all(
        previous.nodes.map(async (node) => ({ previous: node, connection: await connectPrevious(addressOf(node)) })),
    );
    const unreachable = nodes
        .filter((node) => node.connection.error !== undefined && wasReached(node.previous))
        .map(({ connection }) => connection);
    const mayRemove =
        unreachable.length === 0 || (await mayRemoveUnreachable(call, unreachable, "The builder's record is removed"));
    if (!mayRemove) throw withAdvice(unreachableNodes(unreachable));
    await waitForCopies(
        call,
        nodes.map(({ connection }) => connection),
    );
    const record = await readRecord(id);
    const leftovers = await observeAllLeftovers(nodes, ownedAsIn(olds), olds.__owner, record);
    const { keepState: keepVolume, drainTimeout } = previous.desired.savedOnly;
    const planned = planRemoval({ name: id, keepVolume, drainTimeout }, leftovers, record);
    await requireWritable(planned.after);
    const applying = startRun(call, planned);
    await applyNodes(applying.nodes, applying);
    for (const { error } of failedNodes(applying)) throw error;
    await applyAfter(planned.after, applying);
}

export { create, importBuilder as import, read, remove as delete, update };
export { outputs, stableOutputs } from "../builder/outputs";
export { exclusiveUses } from "./conflicts/exclusiveUses";
export { secretPaths } from "./secrets";
