/**
 * Decides what happens to a builder. `plan` is pure: it compares the desired builder with what exists in the clusters and
 * on this machine, and with the builder in Pulumi's state, and returns steps. `diff` shows the steps at preview. `create`,
 * `update` and `delete` run them.
 */
import type { Cause } from "../../bridges/lifecycle";
import { planChoice } from "../builder/choice";
import { firstReason, type Plan } from "../plan";
import { causeOf } from "../builder/causes";
import { changedPaths, placeArguments, recordArguments } from "./causes";
import type { DesiredKubernetes, SavedOnly } from "./desired";
import type { FinalStep } from "../builder/finalSteps";
import { recordedPath } from "../builder/ownFiles";
import { planRecord, planSavedOnly } from "../builder/planFinal";
import { fileOf } from "./files";
import type { ObservedKubernetes } from "./observe";
import { planNode } from "./planNode";
import { planNodeRemoval } from "./planRemoval";
import { replacedArguments } from "./places";
import type { PreviousKubernetes } from "./previous";
import { recordOf } from "./record";
import { refusals } from "./refusals";
import type { NodeStep, Step } from "./steps";

/** @param previous the builder in Pulumi's state. `undefined` for a new builder. */
export function plan(
    desired: DesiredKubernetes,
    observed: ObservedKubernetes,
    previous: PreviousKubernetes | undefined,
): Plan<Step> {
    if (previous !== undefined && previous.name !== desired.name) return { replaces: ["name"], steps: [] };
    const moved = replacedArguments(desired, observed, previous);
    if (moved.length > 0) return { replaces: moved, steps: [] };
    const refusal = firstReason(refusals, desired, observed, previous);
    if (refusal !== undefined) return { refusal, steps: [] };
    const before = previous?.desired.savedOnly;
    const { name, owner, savedOnly } = desired;
    const ofNodes = planNodes(desired, observed, previous);
    const required = causeOfRequirement(desired, previous, ofNodes);
    const nodes = required === undefined ? ofNodes : planNodes(desired, observed, previous, required);
    const denied = whyDenied(nodes, observed);
    if (denied !== undefined) return { refusal: denied, steps: [] };
    const removed = observed.removed.flatMap((node) =>
        planNodeRemoval(node, owner, savedOnly.keepState, {
            why: `node ${node.desired.name} was removed from the program`,
            properties: ["nodes"],
            isDrift: false,
        }),
    );
    const platforms = savedOnly.requirePlatforms;
    return {
        steps: [
            ...nodes,
            ...(required === undefined
                ? []
                : [{ do: "requirePlatforms", builder: name, platforms, ...required } satisfies FinalStep]),
            ...planFiles(desired, observed, previous),
            ...planRecordOf(desired, observed, previous),
            ...removed,
            ...planUnneededFiles(desired, observed, previous),
            ...planChoice(name, savedOnly.use, observed.choice, before?.use === true),
            ...planSavedOnly(savedOnlyNames, savedOnly, before),
        ],
    };
}

/** Returns which rights are missing for the steps. Without steps, no right to change something is needed. */
const whyDenied = (steps: readonly NodeStep[], { nodes }: ObservedKubernetes): string | undefined =>
    nodes
        .filter(({ desired }) => steps.some(({ node }) => node === desired.name))
        .find(({ missingRights }) => missingRights !== undefined)?.missingRights;

const planNodes = (
    desired: DesiredKubernetes,
    { nodes }: ObservedKubernetes,
    previous: PreviousKubernetes | undefined,
    required?: Cause,
): NodeStep[] => nodes.flatMap((node) => planNode(node, desired, previous, required));

/** Returns why the platforms are checked; `undefined` if nothing changes that could change them. */
function causeOfRequirement(
    { savedOnly: { requirePlatforms }, nodes }: DesiredKubernetes,
    previous: PreviousKubernetes | undefined,
    steps: readonly NodeStep[],
): Cause | undefined {
    if (requirePlatforms.length === 0) return undefined;
    const stay = previous?.nodes.filter(({ name }) => nodes.some((node) => node.name === name)) ?? [];
    const offered = stay.flatMap(({ outputs }) => outputs.platforms);
    const missing = requirePlatforms.filter((platform) => !offered.includes(platform));
    const wait = steps.find((step) => step.do === "waitUntilReady");
    if (wait !== undefined) return causeIn(wait);
    if (missing.length === 0) return undefined;
    const before = previous?.desired.savedOnly.requirePlatforms ?? [];
    const isDrift = missing.every((platform) => before.includes(platform));
    return { why: `the builder does not offer ${missing.join(", ")}`, properties: ["requirePlatforms"], isDrift };
}

const causeIn = ({ why, properties, isDrift }: Cause): Cause => ({
    why,
    ...(properties !== undefined && { properties }),
    ...(isDrift !== undefined && { isDrift }),
});

function planFiles(
    desired: DesiredKubernetes,
    { files: found, nodes }: ObservedKubernetes,
    previous: PreviousKubernetes | undefined,
): FinalStep[] {
    const wanted = nodes.map(({ desired: node, place }) => [fileOf(desired.name, node.name), place?.kubeconfig ?? ""]);
    const differing = wanted.filter(([path = "", text]) => found.get(path) !== text);
    if (differing.length === 0) return [];
    const drift = "the builder's kubeconfig on this machine is missing or differs";
    const cause =
        previous === undefined
            ? { why: drift }
            : causeOf(changedPaths(previous.args, desired.args, placeArguments), drift);
    return [{ do: "writeFiles", files: Object.fromEntries(differing) as Record<string, string>, ...cause }];
}

/** Plans the removal of files after the record no longer has their paths. */
function planUnneededFiles(
    { name, nodes, args }: DesiredKubernetes,
    { files: found }: ObservedKubernetes,
    previous: PreviousKubernetes | undefined,
): FinalStep[] {
    const needed = nodes.map((node) => fileOf(name, node.name));
    const paths = [...found.keys()].filter((path) => !needed.includes(path));
    if (paths.length === 0) return [];
    const changes = previous === undefined ? [] : changedPaths(previous.args, args, ["name"]);
    return [{ do: "removeFiles", paths, ...causeOf(changes, "a kubeconfig of the builder is no longer needed") }];
}

function planRecordOf(
    desired: DesiredKubernetes,
    { record: found, nodes }: ObservedKubernetes,
    previous: PreviousKubernetes | undefined,
): FinalStep[] {
    const { name } = desired;
    const record = recordOf(
        name,
        nodes.map(({ desired: node, place, workload }) => ({
            desired: node,
            namespace: place?.namespace ?? "",
            kubeconfig: recordedPath(fileOf(name, node.name)),
            kind: node.kind ?? workload?.kind ?? "Deployment",
            storage: workload?.storage,
        })),
    );
    const changed = previous && changedPaths(previous.args, desired.args, recordArguments);
    return planRecord(record, found, changed);
}

const savedOnlyNames = {
    use: "use",
    keepState: "keepState",
    requirePlatforms: "requirePlatforms",
    bootTimeout: "bootTimeout",
} as const satisfies Record<keyof SavedOnly, string>;
