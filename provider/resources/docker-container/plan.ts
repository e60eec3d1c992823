/**
 * Decides what happens to a builder. `plan` is pure: it compares the desired builder with the observed builder and with
 * the builder in Pulumi's state, and returns steps. `diff` shows the steps at preview. `create`, `update` and `delete`
 * run them.
 */
import type { DesiredBuilder } from "./desired";
import { causeOfRemoval } from "./node/causes";
import { isAtSameLocation } from "./node/node";
import type { Observed } from "./observe";
import { planAfter } from "./planAfter";
import { planNode } from "./planNode";
import { removeNode } from "./planRemoval";
import type { PreviousBuilder } from "./previous";
import { whyRefused } from "./refusals";
import { nodeSteps, type Plan, type PlannedNode } from "./steps";

/** @param previous the builder in Pulumi's state; its record is then managed. `undefined` for a new builder. */
export function plan(desired: DesiredBuilder, observed: Observed, previous: PreviousBuilder | undefined): Plan {
    const replaces = previous === undefined ? [] : changedIdentity(desired, observed, previous);
    if (replaces.length > 0) return { replaces, nodes: [], after: [] };
    const refusal = whyRefused(desired, observed, previous);
    if (refusal !== undefined) return { refusal, nodes: [], after: [] };
    const keepsVolumes = previous?.desired.savedOnly.keepState === true;
    const nodes: PlannedNode[] = [
        ...observed.nodes.map((node) => ({ node, steps: planNode(desired, node, observed, previous) })),
        ...observed.removed.map((node): PlannedNode => {
            if (node.stays) return { node, steps: [] };
            const cause = causeOfRemoval(node, desired);
            const keepsVolume = keepsVolumes || node.isStateVolume;
            return { node, steps: removeNode(node, keepsVolume, desired.savedOnly.drainTimeout, cause) };
        }),
    ];
    return { nodes, after: planAfter(desired, observed, previous, nodeSteps({ nodes })) };
}

/**
 * Returns the arguments whose change replaces the builder: its name, or the arguments that leave no node at its location.
 * If at least one node stays at its location, a node that moves is removed and recreated instead.
 */
function changedIdentity(
    { name }: DesiredBuilder,
    { nodes }: Observed,
    { name: previousName, nodes: before }: PreviousBuilder,
): string[] {
    if (previousName !== name) return ["name"];
    const staysAtLocation = nodes.some(({ desired, stored }) =>
        before.some((each) => each.name === desired.name && isAtSameLocation(each, desired, stored)),
    );
    if (before.length === 0 || staysAtLocation) return [];
    const [now, ...otherNodes] = nodes;
    const [was, ...othersBefore] = before;
    if (otherNodes.length > 0 || othersBefore.length > 0) return ["nodes"];
    return now?.desired.name === was?.name ? ["endpoint"] : ["state"];
}
