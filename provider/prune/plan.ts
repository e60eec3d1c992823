/** Decides what is pruned. Pure, as the builder's plan is. */
import { isDeepStrictEqual } from "node:util";
import type { GcRule } from "../buildkit/gc";
import { whyNotFound } from "../builder/notFound";
import { whyOtherDriver } from "../builder/otherDriver";
import type { DesiredPrune } from "./desired";
import type { ObservedBuilder, ObservedNode } from "./observe";

interface OfNode {
    readonly node: string;
    /** In which buildkitd runs. */
    readonly container: string;
    readonly why: string;
}

export type PruneStep = OfNode &
    (
        | { readonly do: "pullImage"; readonly image: string }
        | { readonly do: "start" }
        | { readonly do: "unpause" }
        /** A buildkitd on the volume of a node that has no container of its own. */
        | { readonly do: "bootAtRest"; readonly volume: string; readonly image: string }
        | { readonly do: "prune"; readonly rule: GcRule }
        /** Ends what `start` began, unless someone uses it by now. */
        | { readonly do: "stop" }
        /** Takes `unpause` back. */
        | { readonly do: "pause" }
        /** Ends what `bootAtRest` began. */
        | { readonly do: "endAtRest" }
    );

export interface PrunePlan {
    /** Why nothing may be done; then there are no steps. */
    readonly refusal?: string;
    /**
     * In order for each node; nodes may be worked on at once. None removes anything before all of them are ready, and what
     * was started for it is stopped again, however it ends.
     */
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
    { nodes, otherDriver, records, store }: ObservedBuilder,
    known: DesiredPrune | undefined,
): PrunePlan {
    const { builder, rule } = desired;
    const why = whyPruned(desired, known);
    if (why === undefined) return { steps: [] };
    if (otherDriver !== undefined) {
        const instead = `docker buildx prune --builder ${builder}`;
        return { refusal: whyOtherDriver(`builder "${builder}" cannot be pruned`, otherDriver, instead), steps: [] };
    }
    if (nodes === undefined) return { refusal: whyNotFound(builder, records, store), steps: [] };
    const refusals = nodes.flatMap((node) => whyNot(node, builder) ?? []);
    if (refusals.length > 0) return { refusal: refusals.join("\n"), steps: [] };
    return { steps: nodes.flatMap((node) => planNode(node, rule, why)) };
}

/** What keeps a node from being pruned, if anything does. */
function whyNot({ name, status }: ObservedNode, builder: string): string | undefined {
    if (!(status instanceof Error)) return undefined;
    return `node ${name} of builder "${builder}" cannot be pruned: ${status.message}`;
}

function planNode(
    { name: node, status, container, volume, image }: ObservedNode,
    rule: GcRule,
    why: string,
): PruneStep[] {
    const prune = (of: string): PruneStep => ({ do: "prune", node, container: of, rule, why });
    if (status === "running") return [prune(container)];
    if (status === "stopped" || status === "paused") {
        const [before, after] = status === "stopped" ? (["start", "stop"] as const) : (["unpause", "pause"] as const);
        return [
            { do: before, node, container, why: `it is ${status}` },
            prune(container),
            { do: after, node, container, why: `it was ${status} before` },
        ];
    }
    if (volume === undefined) return []; // it was never booted, or lost all that it had
    const atRest = `${volume}_prune`;
    const of = { node, container: atRest, why: "it has no container" };
    return [
        ...(image.isThere ? [] : [{ do: "pullImage", ...of, image: image.name } as const]),
        { do: "bootAtRest", ...of, volume, image: image.name },
        prune(atRest),
        { do: "endAtRest", ...of },
    ];
}
