/**
 * Decides what happens to a builder. `plan` is pure: it compares the desired builder with the observed builder and
 * returns steps. `diff` shows the steps at preview. `create`, `update` and `delete` run them.
 */
import type { Desired, DesiredNode } from "./desired";
import type { KnownNode, Observed, ObservedNode } from "./observe";
import { planAfter } from "./planAfter";
import { planNode } from "./planNode";
import { removeNode } from "./planRemoval";
import { whyRefused } from "./refusals";
import type { Plan } from "./steps";

export function plan(desired: Desired, observed: Observed): Plan {
    const replaces = changedIdentity(desired, observed);
    if (replaces.length > 0) return { replaces, nodes: [], after: [] };
    const refusal = whyRefused(desired, observed);
    if (refusal !== undefined) return { refusal, nodes: [], after: [] };
    const keepsVolumes = observed.known?.later.keepState === true;
    const nodes = [
        ...desired.nodes.map((node, index) => planNode(desired, node, observed.nodes[index] as ObservedNode, observed)),
        ...observed.dropped.map((node) =>
            node.stays
                ? []
                : removeNode(
                      node,
                      keepsVolumes || node.volumeIsStates,
                      desired.later.drainTimeout,
                      "the node is dropped",
                  ),
        ),
    ];
    return { nodes, after: planAfter(desired, observed, nodes.flat()) };
}

/**
 * Returns the arguments whose change replaces the builder: its name, or the arguments that leave no node at its place.
 * If at least one node stays at its place, a node that moves is removed and recreated instead.
 */
function changedIdentity({ name, nodes }: Desired, { known, nodes: observed }: Observed): string[] {
    if (known === undefined) return [];
    if (known.name !== name) return ["name"];
    const isThere = (node: DesiredNode, index: number) =>
        known.nodes.some((each) => each.name === node.name && isAtSamePlace(each, node, observed[index]));
    if (known.nodes.length === 0 || nodes.some(isThere)) return [];
    if (nodes.length > 1 || known.nodes.length > 1) return ["nodes"];
    return nodes[0]?.name === known.nodes[0]?.name ? ["endpoint"] : ["state"];
}

const isAtSamePlace = (known: KnownNode, node: DesiredNode, observed: ObservedNode | undefined) =>
    known.endpoint === node.endpoint || known.stored === observed?.stored;
