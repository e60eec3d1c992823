/** Decides what is pruned. Pure, like the builder's plan. */
import type { Cause } from "../../bridges/lifecycle";
import { type GcRule, gcRuleKeys } from "../../buildkit/gc";
import { changed, changedArguments, type Plan } from "../plan";
import type { DesiredPrune } from "./desired";
import type { ObservedBuilder, ObservedPruneNode } from "./observe";
import { whyRefused } from "./refusals";

interface OfNode extends Cause {
    readonly node: string;
    /** The container in which buildkitd runs. */
    readonly container: string;
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

/**
 * The steps are in order for each node; the nodes may run in parallel. Nothing is removed from any node before all
 * nodes are ready. What was started for the prune is stopped again, even if the prune fails.
 */
export type PrunePlan = Plan<PruneStep>;

/**
 * Plans the prune of all nodes.
 *
 * @param previous the prune as the program declared it when the cache was last pruned; `undefined` if it was never
 *   pruned.
 */
export function planPrune(
    desired: DesiredPrune,
    observed: ObservedBuilder,
    previous: DesiredPrune | undefined,
): PrunePlan {
    const cause = causeOf(desired, previous);
    if (cause === undefined) return { steps: [] };
    const refusal = whyRefused(desired, observed);
    if (refusal !== undefined) return { refusal, steps: [] };
    return { steps: (observed.nodes ?? []).flatMap((node) => planNode(node, desired.rule, cause)) };
}

/** Returns why the cache is pruned, or `undefined` if it is not pruned. */
function causeOf(desired: DesiredPrune, previous: DesiredPrune | undefined): Cause | undefined {
    if (previous === undefined) return { why: "it was not pruned yet" };
    const properties = [
        ...changedArguments({ builder: "builderName", triggers: "triggers" }, previous, desired),
        ...changedArguments(ruleNames, previous.rule, desired.rule),
    ];
    return properties.length === 0 ? undefined : changed(properties);
}

const ruleNames: Readonly<Partial<Record<keyof GcRule, string>>> = Object.fromEntries(
    gcRuleKeys.map((key) => [key, key]),
);

function planNode(
    { name: node, status, container, volume, image }: ObservedPruneNode,
    rule: GcRule,
    { why, properties }: Cause,
): PruneStep[] {
    const because = (reason: string): Cause => ({ why: reason, ...(properties && { properties }) });
    const prune = (of: string): PruneStep => ({ do: "prune", node, container: of, rule, ...because(why) });
    if (status === "running") return [prune(container)];
    if (status === "stopped" || status === "paused") {
        const [before, after] = status === "stopped" ? (["start", "stop"] as const) : (["unpause", "pause"] as const);
        return [
            { do: before, node, container, ...because(`it is ${status}`) },
            prune(container),
            { do: after, node, container, ...because(`it was ${status} before`) },
        ];
    }
    if (volume === undefined) return []; // the node was never booted, or its volume was lost
    const atRest = `${volume}_prune`;
    const of = { node, container: atRest, ...because("the node has no container") };
    return [
        ...(image.isThere ? [] : [{ do: "pullImage", ...of, image: image.name } as const]),
        { do: "bootAtRest", ...of, volume, image: image.name },
        prune(atRest),
        { do: "endAtRest", ...of },
    ];
}
