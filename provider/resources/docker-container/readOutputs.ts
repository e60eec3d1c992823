/** Reads the outputs of all nodes of a builder. */
import { isDeepStrictEqual } from "node:util";
import type { Applying, NodeRun } from "./applying";
import type { Leftovers } from "./node/observeLeftovers";
import type { ObservedNode } from "./node/observeNode";
import { type DescribedNode, inactiveNode } from "./node/outputs";
import { observedNodeOutputs, readNodeOutputs } from "./node/readOutputs";
import type { Observed } from "./observe";

/**
 * Returns the outputs of each node after its steps, or its saved outputs if its engine is unreachable. Nodes that were
 * removed from the program but could not be deleted come last.
 */
export async function outputsAfter({ nodes }: Applying): Promise<DescribedNode[]> {
    const isLeft = ({ node, error }: NodeRun) => node.desired !== undefined || error !== undefined;
    return Promise.all(nodes.filter(isLeft).map(({ node, workers }) => currentOutputs(node, workers)));
}

/**
 * Returns the outputs of each node as a refresh found it. Nodes that were removed from the program but could not be
 * deleted come last.
 */
export const outputsFound = ({ nodes, removed }: Observed): Promise<DescribedNode[]> =>
    Promise.all([...nodes.map(foundOutputs), ...removed.map((node) => currentOutputs(node))]);

async function foundOutputs(node: ObservedNode): Promise<DescribedNode> {
    const before = node.previous?.described;
    const engine = node.connection?.engine;
    if (before === undefined || engine === undefined) return currentOutputs(node);
    const now = await observedNodeOutputs(engine, node, before);
    // If the container was only restarted, the saved node stays the same.
    return isDeepStrictEqual(now.outputs, before.outputs) ? before : now;
}

/** @param workers what the node's buildkitd just reported. If given, it is not queried again. */
async function currentOutputs(
    { desired, previous, connection }: ObservedNode | Leftovers,
    workers?: NodeRun["workers"],
): Promise<DescribedNode> {
    const { name } = desired === undefined ? previous : desired;
    const before = previous?.described;
    if (connection?.engine === undefined) return inactiveNode(name, before);
    const { engine, location } = connection;
    return readNodeOutputs(engine, location.stored, name, { asked: workers, before });
}
