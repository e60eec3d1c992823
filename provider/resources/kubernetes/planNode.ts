/** Decides what happens to a node in its cluster. */
import type { Cause } from "../../bridges/lifecycle";
import { causeOf, pathIn } from "../builder/causes";
import { changedPaths, pathOfNode, workloadArguments } from "./causes";
import type { DesiredKubernetes } from "./desired";
import { endsPods } from "./differences";
import { manifestsOf } from "./manifests";
import type { FoundWorkload, ObservedNode } from "./observeNode";
import type { PreviousKubernetes } from "./previous";
import type { NodeStep } from "./steps";

/** Seconds after the grace period of pods until their removal is given up on. */
const untilGone = 60;

/** @param required why the platforms of all nodes are checked; `undefined` if they are not. */
export function planNode(
    node: ObservedNode,
    desired: DesiredKubernetes,
    previous: PreviousKubernetes | undefined,
    required: Cause | undefined,
): NodeStep[] {
    const { name, kind, workload } = node.desired;
    const change = kind === undefined ? [] : planWorkload(node, desired, previous);
    const cause = causeOfWait(node, previous, change) ?? required;
    const seconds = desired.savedOnly.bootTimeout;
    const wait: NodeStep[] =
        cause === undefined ? [] : [{ do: "waitUntilReady", node: name, workload, kind, seconds, ...cause }];
    return [...change, ...wait, ...planUnneeded(node, desired, previous)];
}

function planWorkload(
    node: ObservedNode,
    { owner, args }: DesiredKubernetes,
    previous: PreviousKubernetes | undefined,
): NodeStep[] {
    const { desired, place, workload: found, other, withReplicas, differingMaps } = node;
    const { name } = desired;
    const { workload, configMaps } = manifestsOf(desired, place?.namespace ?? "", owner, { withReplicas });
    const changed =
        previous === undefined ? [] : changedPaths(previous.args, args, workloadArguments, desired.position);
    const maps = (objects: typeof configMaps, cause: Cause): NodeStep[] =>
        objects.length === 0 ? [] : [{ do: "applyConfigMaps", node: name, objects, ...cause }];
    const create = (cause: Cause): NodeStep[] => [
        ...maps(configMaps, cause),
        { do: "applyWorkload", node: name, object: workload, ...cause },
    ];
    const old = whyRecreated(node);
    if (old !== undefined) {
        const cause = previous === undefined ? { why: old.why } : causeOf(changed, old.why);
        return [...removal(node, old.workload, cause), ...create(cause)];
    }
    if (found === undefined) return create(causeOfCreation(node, previous));
    const cause = causeOf(changed, `the ${found.kind} ${desired.workload} differs${inFields(node)}`);
    const differing = configMaps.filter(({ metadata }) => differingMaps.includes(metadata.name));
    const leftover =
        other?.isApplied === true
            ? removal(node, other, { why: `a ${other.kind} of the builder is left`, isDrift: true })
            : [];
    if (node.difference.is !== "changed")
        return [...maps(differing, causeOf(changed, "a ConfigMap is missing or differs")), ...leftover];
    const { paths } = node.difference;
    return [
        ...maps(differing, cause),
        ...(endsPods(paths) || isSmaller(node, found) ? [drain(node, cause)] : []),
        { do: "applyWorkload", node: name, object: workload, ...cause },
        ...leftover,
    ];
}

/** Returns the workload that has to be removed before the workload of the node is created, and why. */
function whyRecreated({
    desired,
    workload,
    other,
    difference,
}: ObservedNode): { workload: FoundWorkload; why: string } | undefined {
    if (workload === undefined) {
        return other && { workload: other, why: `the workload is a ${other.kind} instead of a ${desired.kind}` };
    }
    if (!workload.isApplied)
        return { workload, why: `the ${workload.kind} ${desired.workload} was created by buildx or a user` };
    if (difference.is !== "immutable") return undefined;
    return {
        workload,
        why: `the ${workload.kind} ${desired.workload} differs in a field that Kubernetes does not change`,
    };
}

function causeOfCreation({ desired, previous: before }: ObservedNode, previous: PreviousKubernetes | undefined): Cause {
    if (previous === undefined) return { why: "the builder does not exist yet" };
    if (before === undefined) return causeOfAddition(desired);
    return {
        why: `the workload ${desired.workload} does not exist`,
        isDrift: true,
        properties: [pathIn(desired, "workload")],
    };
}

const causeOfAddition = (desired: ObservedNode["desired"]): Cause => {
    const path = pathOfNode(desired);
    return { why: `node ${desired.name} was added`, ...(path !== undefined && { properties: [path] }), isDrift: false };
};

/** Returns the fields that differ, for the message of a drift. */
function inFields({ difference }: ObservedNode): string {
    if (difference.is !== "changed") return "";
    const shown = difference.paths.slice(0, 3).join(", ");
    return ` in ${shown}${difference.paths.length > 3 ? ", …" : ""}`;
}

/** Whether the workload gets fewer pods. */
const isSmaller = ({ desired, withReplicas }: ObservedNode, found: FoundWorkload): boolean =>
    withReplicas && (desired.args.replicas ?? 1) < found.replicas;

const drain = ({ desired }: ObservedNode, cause: Cause): NodeStep => ({
    do: "drain",
    node: desired.name,
    workload: desired.workload,
    seconds: desired.drainTimeout,
    ...cause,
});

/** Returns the steps that remove a workload and its pods. Its claims stay. */
export function removal(node: ObservedNode, { kind, uid }: FoundWorkload, cause: Cause): NodeStep[] {
    const { name, workload, drainTimeout } = node.desired;
    const seconds = Math.ceil(drainTimeout) + untilGone;
    return [drain(node, cause), { do: "removeWorkload", node: name, kind, workload, uid, seconds, ...cause }];
}

/** Returns why the pods are waited for: they are new, or no pod was ready when Pulumi last saw the node. */
function causeOfWait(
    { desired, workload, previous: before }: ObservedNode,
    previous: PreviousKubernetes | undefined,
    change: readonly NodeStep[],
): Cause | undefined {
    const applied = change.find((step) => step.do === "applyWorkload");
    if (applied !== undefined) {
        const { why, properties, isDrift } = applied;
        return { why, ...(properties && { properties }), ...(isDrift !== undefined && { isDrift }) };
    }
    if (previous === undefined) return { why: "the builder does not exist yet" };
    if (before === undefined) return causeOfAddition(desired);
    if (before.outputs.status === "running" && workload?.readyReplicas !== 0) return undefined;
    const why = `no pod of the workload ${desired.workload} was ready`;
    return { why, properties: [pathIn(desired, "status")], isDrift: true };
}

/** Plans the removal of ConfigMaps and claims that the node no longer has, once its new pods run. */
function planUnneeded(
    { desired, unneededMaps, claims, previous: before, workload }: ObservedNode,
    { args, savedOnly }: DesiredKubernetes,
    previous: PreviousKubernetes | undefined,
): NodeStep[] {
    const { name, kind, workload: object } = desired;
    const changed =
        previous === undefined ? [] : changedPaths(previous.args, args, workloadArguments, desired.position);
    const steps: NodeStep[] = [];
    if (unneededMaps.length > 0) {
        const cause = causeOf(changed, "a ConfigMap is no longer needed");
        steps.push({ do: "removeConfigMaps", node: name, names: unneededMaps, ...cause });
    }
    const hadClaims = before?.desired.kind === "StatefulSet" && kind === "Deployment";
    const kept = before?.foundClaims ?? [];
    if (
        hadClaims &&
        workload?.kind !== "StatefulSet" &&
        !savedOnly.keepState &&
        claims.some((claim) => !kept.includes(claim))
    ) {
        const cause = causeOf(changed, "the claims are no longer needed");
        steps.push({ do: "removeClaims", node: name, workload: object, kept, ...cause });
    }
    return steps;
}
