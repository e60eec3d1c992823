/** Reads the outputs of all nodes of a builder. */
import { isDeepStrictEqual } from "node:util";
import { UnreachableError } from "../../docker/engine/engine";
import { type Applying, asFailureOf, nameOf, type NodeRun } from "./applying";
import type { Leftovers } from "./node/observeLeftovers";
import type { ObservedNode } from "./node/observeNode";
import { type DescribedNode, inactiveNode } from "./node/outputs";
import { observedNodeOutputs, readNodeOutputs } from "./node/readOutputs";
import type { Observed } from "./observe";

/**
 * Returns the outputs of each node after its steps, or its saved outputs if its engine is unreachable. If its engine
 * went away after it responded, its run gets the error. Nodes that were removed from the program but could not be
 * deleted come last.
 */
export async function outputsAfter({ nodes }: Applying): Promise<DescribedNode[]> {
    const isLeft = ({ node, error }: NodeRun) => node.desired !== undefined || error !== undefined;
    const outputsOf = (run: NodeRun) =>
        currentOutputs(run.node, run.workers).catch((error: unknown) => {
            run.error ??= asFailureOf(run, nodes, lostError(error));
            return inactiveNode(nameOf(run.node), run.node.previous?.described);
        });
    return Promise.all(nodes.filter(isLeft).map(outputsOf));
}

/** Returns the error of an engine that went away after it responded. Throws any other error. */
function lostError(error: unknown): UnreachableError {
    if (error instanceof UnreachableError) return error;
    throw error;
}

/**
 * Returns the outputs of each node as a refresh found it. Nodes that were removed from the program but could not be
 * deleted come last.
 *
 * @param onLost receives a node whose engine went away after it responded, and the error. @default throws it
 */
export function outputsFound(
    { nodes, removed }: Observed,
    onLost: (node: string, error: UnreachableError) => Promise<void> = (_, error) => Promise.reject(error),
): Promise<DescribedNode[]> {
    const unlessLost = (node: ObservedNode | Leftovers, reading: Promise<DescribedNode>) =>
        reading.catch(async (error: unknown) => {
            await onLost(nameOf(node), lostError(error));
            return inactiveNode(nameOf(node), node.previous?.described);
        });
    return Promise.all([
        ...nodes.map((node) => unlessLost(node, foundOutputs(node))),
        ...removed.map((node) => unlessLost(node, currentOutputs(node))),
    ]);
}

async function foundOutputs(node: ObservedNode): Promise<DescribedNode> {
    const before = node.previous?.described;
    const engine = node.connection?.engine;
    if (before === undefined || engine === undefined) return currentOutputs(node);
    const now = await observedNodeOutputs(engine, node, before);
    // If the container was only restarted, the saved node stays the same.
    return isDeepStrictEqual(now.outputs, before.outputs) ? before : now;
}

/** @param workers what the node's buildkitd just reported. If given, it is not queried again. */
async function currentOutputs(node: ObservedNode | Leftovers, workers?: NodeRun["workers"]): Promise<DescribedNode> {
    const { previous, connection } = node;
    const name = nameOf(node);
    const before = previous?.described;
    if (connection?.engine === undefined) return inactiveNode(name, before);
    const { engine, location } = connection;
    return readNodeOutputs(engine, location.stored, name, { asked: workers, before });
}
