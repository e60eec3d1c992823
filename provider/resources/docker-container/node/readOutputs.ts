/** The outputs of all nodes of a builder. */
import { isDeepStrictEqual } from "node:util";
import { containerName } from "../../../buildx/names";
import type { Applying } from "../applying";
import { absentNode, type Described, describeNode, describeObserved } from "./outputs";
import type { Desired } from "../desired";
import type { Observed } from "../observe";
import type { Site } from "./connect";
import { type BuilderState, describedBefore } from "../saved";

/**
 * Returns the outputs of each node after its steps, or its saved outputs if its engine is unreachable. Nodes that were
 * removed from the program but could not be deleted come last.
 */
export async function describe(
    { nodes }: Desired,
    sites: readonly Site[],
    applying: Applying,
    before?: BuilderState,
    failures: ReadonlyMap<number, unknown> = new Map(),
): Promise<Described[]> {
    const described = sites.map(async ({ node, engine, place }, index): Promise<Described[]> => {
        const old = describedBefore(before, node);
        const isDropped = index >= nodes.length;
        if (isDropped && !failures.has(index)) return [];
        if (engine === undefined) return [inactive(node, old)];
        const asked = applying.workers.get(containerName(node));
        return [await describeNode(engine, place.stored, node, { asked, before: old })];
    });
    return (await Promise.all(described)).flat();
}

/** Returns the outputs of a node whose engine is unreachable. */
const inactive = (node: string, old: Described | undefined): Described =>
    old ? { ...old, outputs: { ...old.outputs, status: "inactive" } } : absentNode(node, "");

/**
 * Returns the outputs of each node as a refresh found it. Nodes that were removed from the program but could not be
 * deleted come last.
 */
export const describeFound = (
    { nodes }: Desired,
    sites: readonly Site[],
    observed: Observed,
    before: BuilderState,
): Promise<Described[]> =>
    Promise.all(
        sites.map(async ({ node, engine, place }, index): Promise<Described> => {
            const old = describedBefore(before, node);
            if (engine === undefined) return inactive(node, old);
            const found = index < nodes.length ? observed.nodes[index] : undefined;
            if (found === undefined || old === undefined) {
                return describeNode(engine, place.stored, node, { before: old });
            }
            const now = await describeObserved(engine, node, found, old);
            // If the container was only restarted, the saved node stays the same.
            return isDeepStrictEqual(now.outputs, old.outputs) ? old : now;
        }),
    );
