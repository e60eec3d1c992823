import { prune, type Pruned } from "../buildkit/prune";
import type { Engine } from "../docker/engine";
import type { PrunePlan } from "./plan";

/**
 * Runs a plan's steps, all nodes at once.
 *
 * @param engines of the nodes, by their names.
 * @param signal ends the wait for them.
 * @returns what was removed, over all nodes.
 * @throws where the plan is refused, and where a node fails, once the others are through.
 */
export async function applyPrune(
    { refusal, steps }: PrunePlan,
    engines: ReadonlyMap<string, Engine>,
    signal: AbortSignal,
): Promise<Pruned> {
    if (refusal !== undefined) throw new Error(refusal);
    const results = await Promise.allSettled(
        steps.map(({ node, container, rule }) => prune(engines.get(node) as Engine, container, rule, signal)),
    );
    signal.throwIfAborted();
    const failures = results.flatMap((each) => (each.status === "rejected" ? [(each.reason as Error).message] : []));
    if (failures.length > 0) throw new Error(failures.join("\n"));
    const all = results.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const sum = (key: keyof Pruned) => all.reduce((total, each) => total + each[key], 0);
    return { reclaimed: sum("reclaimed"), records: sum("records") };
}
