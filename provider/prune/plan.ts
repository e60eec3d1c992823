/** Decides what is pruned. Pure, as the builder's plan is. */
import { isDeepStrictEqual } from "node:util";
import type { GcRule } from "../buildkit/gc";
import { whyNotFound } from "../builder/notFound";
import type { DesiredPrune } from "./desired";
import type { ObservedBuilder, ObservedNode } from "./observe";

export interface PruneStep {
    readonly do: "prune";
    readonly node: string;
    readonly container: string;
    readonly rule: GcRule;
    readonly why: string;
}

export interface PrunePlan {
    /** Why nothing may be done; then there are no steps. */
    readonly refusal?: string;
    /** One for each node; they may be run at once. */
    readonly steps: readonly PruneStep[];
}

/** What makes it another prune, with the words for it. */
const reasons = {
    builder: "the builder changed",
    rule: "what is to stay changed",
    triggers: "the triggers changed",
} as const satisfies Record<keyof DesiredPrune, string>;

/**
 * @param known as it was asked for when the cache was last pruned; `undefined` where it was not.
 * @returns why the cache is pruned; `undefined` where it is not.
 */
export function whyPruned(desired: DesiredPrune, known: DesiredPrune | undefined): string | undefined {
    if (known === undefined) return "it was not pruned yet";
    const keys = Object.keys(reasons) as (keyof typeof reasons)[];
    const changed = keys.find((key) => !isDeepStrictEqual(desired[key], known[key]));
    return changed && reasons[changed];
}

/** All nodes or none: where one cannot be pruned, nothing is removed from the others. */
export function planPrune(
    desired: DesiredPrune,
    { nodes, records, store }: ObservedBuilder,
    known: DesiredPrune | undefined,
): PrunePlan {
    const { builder, rule } = desired;
    const why = whyPruned(desired, known);
    if (why === undefined) return { steps: [] };
    if (nodes === undefined) return { refusal: whyNotFound(builder, records, store), steps: [] };
    const refusals = nodes.flatMap((node) => whyNot(node, builder) ?? []);
    if (refusals.length > 0) return { refusal: refusals.join("\n"), steps: [] };
    return { steps: nodes.map(({ name: node, container }) => ({ do: "prune", node, container, rule, why })) };
}

/** What keeps a node from being pruned, if anything does. */
function whyNot({ name, container, host, status }: ObservedNode, builder: string): string | undefined {
    if (status === "running") return undefined;
    const what = `node ${name} of builder "${builder}" cannot be pruned`;
    if (status instanceof Error) return `${what}: ${status.message}`;
    return (
        `${what}: ${container} on ${host} ${status === "inactive" ? "is not there" : "is not running"}. ` +
        `Boot it with: docker buildx inspect --bootstrap ${builder}`
    );
}
