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
import { withAdvice } from "../previousEngine";
import { applyAfter, applyNodes } from "./apply";
import { automaticName, failuresOfBuilder, nodeIndexes, warningsOfBuilder } from "./check";
import { create } from "./create";
import { desiredBuilder } from "./desired";
import { nodesOf } from "./nodeArgs";
import { filesOf } from "./node/files";
import { type BuilderInputs, defaults } from "./inputs";
import { addressOf, unreachableNodes, isReached, leftPlaces, mayDropUnreachable, waitForCopies } from "./node/engines";
import { observeRemains } from "./observe";
import { ownedAsIn } from "./ownership";
import { plan } from "./plan";
import { planRemoval } from "./planRemoval";
import { read } from "./read";
import { applyingAt } from "./runPlan";
import { sharedStates } from "./conflicts/engine";
import { locateNode, connectPrevious } from "./node/connect";
import { savedArguments, type SavedBuilder, previousOf, observedInState } from "./saved";
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
    const __autoName = before ?? (await reservedName(urn)) ?? automaticName(urn, news);
    return { args: { ...args, __autoName }, failures };
}

/** Whether the arguments name the builder: by `name`, or by the `BuildKitState` of the builder or of a node. */
const isNamed = ({ name, state, nodes }: BuilderInputs): boolean =>
    name !== undefined ||
    state !== undefined ||
    (Array.isArray(nodes) && nodes.some((node) => node.state !== undefined));

/** Plans the update from the saved builder to `news`. */
export async function diff(call: Call, id: string, olds: SavedBuilder, news: BuilderInputs): Promise<Difference> {
    const before = savedArguments(olds);
    const inputs = fillIn(news, before);
    const files = await filesOf(inputs).catch((error: unknown) => {
        // An unknown value is taken from the saved arguments, which may name files that do not exist any more.
        if (hasUnknown(news)) return undefined;
        throw error;
    });
    const desired = desiredBuilder(inputs, olds.__owner, files);
    const [record, left, ...places] = await Promise.all([
        readRecord(id),
        leftPlaces(desired, previousOf(olds)),
        ...desired.nodes.map(locateNode),
    ]);
    const steps = plan(desired, await observedInState(olds, desired, places, record, left));
    // A refresh also calls `diff` and must not fail. `update` fails with the refusal.
    if (steps.refusal !== undefined) await call.warn(steps.refusal);
    const replaces = [...(steps.replaces ?? []), ...(losesVolume(olds, news) ? ["state"] : [])];
    return {
        changes: changesOf(replaces, [...steps.nodes.flat(), ...steps.after]),
        refusal: steps.refusal,
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

async function remove(call: Call, id: string, props: SavedBuilder): Promise<void> {
    await releaseName(id, props.__owner.urn);
    const before = previousOf(props);
    const sites = await connectPrevious(before.nodes.map(addressOf));
    const lost = sites.filter(({ error }) => error !== undefined).filter(isReached(before));
    if (lost.length > 0 && !(await mayDropUnreachable(call, lost, "The builder's record is removed")))
        throw withAdvice(unreachableNodes(lost));
    await waitForCopies(call, sites);
    const record = await readRecord(id);
    const remains = await observeRemains(sites, ownedAsIn(props), props.__owner, record, before);
    const removal = {
        name: id,
        keepVolume: props.keepState === true,
        drainTimeout: props.drainTimeout ?? defaults.drainTimeout,
    };
    const steps = planRemoval(removal, remains, record);
    await requireWritable(steps.after);
    const applying = applyingAt(call, sites);
    const failures = await applyNodes(steps, applying);
    for (const failure of failures.values()) throw failure;
    await applyAfter(steps.after, applying);
}

export { create, read, remove as delete, update };
export { outputs } from "../builder/outputs";
export { exclusiveUses } from "./conflicts/exclusiveUses";
export { secretPaths } from "./secrets";
