/** Whether nodes are still where they were. A node cannot move: it would lose its cache, and leave its old workload. */
import { sameOwner } from "../../ownership";
import { causeOf, pathIn } from "../builder/causes";
import { changedPaths, placeArguments } from "./causes";
import type { DesiredKubernetes } from "./desired";
import type { ObservedKubernetes } from "./observe";
import type { ObservedNode } from "./observeNode";
import type { PreviousKubernetes } from "./previous";

/** Returns the arguments whose change moves a node to another cluster or namespace, or to another workload. */
export function replacedArguments(
    desired: DesiredKubernetes,
    { nodes }: Pick<ObservedKubernetes, "nodes">,
    previous: PreviousKubernetes | undefined,
): string[] {
    if (previous === undefined) return [];
    const moved = nodes.flatMap((node) => {
        if (isReleased(node)) return [pathIn(node.desired, "workload")];
        if (!isMoved(node, desired)) return [];
        const changed = changedPaths(previous.args, desired.args, placeArguments, node.desired.position);
        const { properties = [] } = causeOf(changed, "");
        // The context of a kubeconfig may have got another namespace or server.
        return properties.length > 0 ? [...properties] : [pathIn(node.desired, "context")];
    });
    return [...new Set(moved)];
}

/** Whether a workload of this package becomes a workload of another resource, or the other way around. */
const isReleased = ({ desired, previous }: ObservedNode): boolean =>
    previous !== undefined && (previous.desired.kind === undefined) !== (desired.kind === undefined);

function isMoved({ place, previous, workload, other }: ObservedNode, { owner }: DesiredKubernetes): boolean {
    const before = previous?.place;
    if (place === undefined || before === undefined) return false;
    if (place.namespace !== before.namespace) return true;
    if (place.server === before.server) return false;
    // The same cluster may have another address, for example on another machine.
    return ![workload, other].some((found) => sameOwner(found?.owner, owner));
}
