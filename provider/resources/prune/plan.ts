/** Decides what is pruned. Pure, like the builder's plan. */
import { isDeepStrictEqual } from "node:util";
import type { GcRule } from "../../buildkit/gc";
import { whyNotFound } from "../builder/notFound";
import { whyOtherDriver } from "../../buildx/otherDriver";
import type { DesiredPrune } from "./desired";
import type { ObservedBuilder, ObservedPruneNode } from "./observe";

interface OfNode {
    readonly node: string;
    /** The container in which buildkitd runs. */
    readonly container: string;
    readonly why: string;
}

export type PruneStep = OfNode &
    (
        | { readonly do: "pullImage"; readonly image: string }
        | { readonly do: "start" }
        | { readonly do: "unpause" }
        /** Boots a temporary buildkitd on the volume of a node that has no container. */
        | { readonly do: "bootAtRest"; readonly volume: string; readonly image: string }
        | { readonly do: "prune"; readonly rule: GcRule }
        /** Stops the container that `start` started, unless another process has restarted it or is building in it. */
        | { readonly do: "stop" }
        /** Pauses the container that `unpause` unpaused. */
        | { readonly do: "pause" }
        /** Stops the buildkitd that `bootAtRest` booted. */
        | { readonly do: "endAtRest" }
    );

export interface PrunePlan {
    /** Why the plan is refused. If set, there are no steps. */
    readonly refusal?: string;
    /**
     * The steps, in order for each node; the nodes may run in parallel. Nothing is removed from any node before all
     * nodes are ready. What was started for the prune is stopped again, even if the prune fails.
     */
    readonly steps: readonly PruneStep[];
}

/** The arguments whose change causes a new prune, with the reason to show. */
const reasons = {
    builder: "the builder changed",
    rule: "what is to stay changed",
    triggers: "the triggers changed",
} as const satisfies Record<keyof DesiredPrune, string>;

/**
 * @param known the prune as the program declared it when the cache was last pruned; `undefined` if it was never pruned.
 * @returns why the cache is pruned, or `undefined` if it is not pruned.
 */
export function whyPruned(desired: DesiredPrune, known: DesiredPrune | undefined): string | undefined {
    if (known === undefined) return "it was not pruned yet";
    const keys = Object.keys(reasons) as (keyof typeof reasons)[];
    const changed = keys.find((key) => !isDeepStrictEqual(desired[key], known[key]));
    return changed && reasons[changed];
}

/** Plans the prune of all nodes. If one node cannot be pruned, nothing is removed from the others. */
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

/** Returns why a node cannot be pruned, or `undefined` if it can be pruned. */
function whyNot({ name, status }: ObservedPruneNode, builder: string): string | undefined {
    if (!(status instanceof Error)) return undefined;
    return `node ${name} of builder "${builder}" cannot be pruned: ${status.message}`;
}

function planNode(
    { name: node, status, container, volume, image }: ObservedPruneNode,
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
    if (volume === undefined) return []; // the node was never booted, or its volume was lost
    const atRest = `${volume}_prune`;
    const of = { node, container: atRest, why: "it has no container" };
    return [
        ...(image.isThere ? [] : [{ do: "pullImage", ...of, image: image.name } as const]),
        { do: "bootAtRest", ...of, volume, image: image.name },
        prune(atRest),
        { do: "endAtRest", ...of },
    ];
}
