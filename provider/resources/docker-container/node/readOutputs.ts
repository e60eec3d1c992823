/** The outputs of all nodes of a builder. */
import { isDeepStrictEqual } from "node:util";
import { containerName } from "../../../buildx/names";
import type { Applying } from "../applying";
import { absentNode, type DescribedNode, readNodeOutputs, observedNodeOutputs } from "./outputs";
import type { DesiredBuilder } from "../desired";
import type { Observed } from "../observe";
import type { NodeConnection } from "./connect";
import { type SavedBuilder, savedNode } from "../saved";

/**
 * Returns the outputs of each node after its steps, or its saved outputs if its engine is unreachable. Nodes that were
 * removed from the program but could not be deleted come last.
 */
export async function readOutputs(
    { nodes }: DesiredBuilder,
    sites: readonly NodeConnection[],
    applying: Applying,
    before?: SavedBuilder,
    failures: ReadonlyMap<number, unknown> = new Map(),
): Promise<DescribedNode[]> {
    const described = sites.map(async ({ node, engine, location }, index): Promise<DescribedNode[]> => {
        const old = savedNode(before, node);
        const isDropped = index >= nodes.length;
        if (isDropped && !failures.has(index)) return [];
        if (engine === undefined) return [inactive(node, old)];
        const asked = applying.workers.get(containerName(node));
        return [await readNodeOutputs(engine, location.stored, node, { asked, before: old })];
    });
    return (await Promise.all(described)).flat();
}

/** Returns the outputs of a node whose engine is unreachable. */
const inactive = (node: string, old: DescribedNode | undefined): DescribedNode =>
    old ? { ...old, outputs: { ...old.outputs, status: "inactive" } } : absentNode(node, "");

/**
 * Returns the outputs of each node as a refresh found it. Nodes that were removed from the program but could not be
 * deleted come last.
 */
export const foundOutputs = (
    { nodes }: DesiredBuilder,
    sites: readonly NodeConnection[],
    observed: Observed,
    before: SavedBuilder,
): Promise<DescribedNode[]> =>
    Promise.all(
        sites.map(async ({ node, engine, location }, index): Promise<DescribedNode> => {
            const old = savedNode(before, node);
            if (engine === undefined) return inactive(node, old);
            const found = index < nodes.length ? observed.nodes[index] : undefined;
            if (found === undefined || old === undefined) {
                return readNodeOutputs(engine, location.stored, node, { before: old });
            }
            const now = await observedNodeOutputs(engine, node, found, old);
            // If the container was only restarted, the saved node stays the same.
            return isDeepStrictEqual(now.outputs, old.outputs) ? old : now;
        }),
    );
