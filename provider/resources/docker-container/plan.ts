/**
 * Decides what happens to a builder. `plan` is pure: it compares the desired builder with the observed builder and
 * returns steps. `diff` shows the steps at preview. `create`, `update` and `delete` run them.
 */
import type { DesiredBuilder, DesiredNode } from "./desired";
import type { PreviousNode, Observed, ObservedNode } from "./observe";
import { planAfter } from "./planAfter";
import { planNode } from "./planNode";
import { removeNode } from "./planRemoval";
import { whyRefused } from "./refusals";
import type { Plan } from "./steps";

export function plan(desired: DesiredBuilder, observed: Observed): Plan {
    const replaces = changedIdentity(desired, observed);
    if (replaces.length > 0) return { replaces, nodes: [], after: [] };
    const refusal = whyRefused(desired, observed);
    if (refusal !== undefined) return { refusal, nodes: [], after: [] };
    const keepsVolumes = observed.previous?.savedOnly.keepState === true;
    const nodes = [
        ...desired.nodes.map((node, index) => planNode(desired, node, observed.nodes[index] as ObservedNode, observed)),
        ...observed.dropped.map((node) =>
            node.stays
                ? []
                : removeNode(
                      node,
                      keepsVolumes || node.isStateVolume,
                      desired.savedOnly.drainTimeout,
                      "the node is dropped",
                  ),
        ),
    ];
    return { nodes, after: planAfter(desired, observed, nodes.flat()) };
}

/**
 * Returns the arguments whose change replaces the builder: its name, or the arguments that leave no node at its location.
 * If at least one node stays at its location, a node that moves is removed and recreated instead.
 */
function changedIdentity({ name, nodes }: DesiredBuilder, { previous, nodes: observed }: Observed): string[] {
    if (previous === undefined) return [];
    if (previous.name !== name) return ["name"];
    const isThere = (node: DesiredNode, index: number) =>
        previous.nodes.some((each) => each.name === node.name && isAtSamePlace(each, node, observed[index]));
    if (previous.nodes.length === 0 || nodes.some(isThere)) return [];
    if (nodes.length > 1 || previous.nodes.length > 1) return ["nodes"];
    return nodes[0]?.name === previous.nodes[0]?.name ? ["endpoint"] : ["state"];
}

const isAtSamePlace = (previous: PreviousNode, node: DesiredNode, observed: ObservedNode | undefined) =>
    previous.endpoint === node.endpoint || previous.stored === observed?.stored;
