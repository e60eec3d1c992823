/** Runs the plan of a builder. */
import { StartError } from "../../docker/buildkitd/boot";
import { applyAfter, applyNodes } from "./apply";
import { type Applying, asFailureOf, failedNodes, type NodeRun } from "./applying";
import type { DesiredBuilder } from "./desired";
import type { Leftovers } from "./node/observeLeftovers";
import type { ObservedNode } from "./node/observeNode";
import type { Observed } from "./observe";
import { plan } from "./plan";
import { planAfter } from "./planAfter";
import type { PreviousBuilder } from "./previous";
import { nodeSteps, type Plan } from "./steps";
import { requireWritable } from "./writable";

/** What a plan was computed from. */
export interface PlanInputs {
    readonly desired: DesiredBuilder;
    readonly observed: Observed;
    readonly previous: PreviousBuilder | undefined;
}

/**
 * Runs a plan. If some of several nodes fail, the other nodes are finished, and the runs of the failed nodes have the
 * errors.
 *
 * @throws {Error} if the plan has a refusal, all nodes fail, or a step after the nodes fails.
 */
export async function runPlan(planned: Plan, inputs: PlanInputs, applying: Applying): Promise<void> {
    if (planned.refusal !== undefined) throw new Error(planned.refusal);
    await requireWritable(planned.after);
    await applyNodes(applying.nodes, applying);
    await replaceUnstartable(inputs, applying);
    for (const run of applying.nodes) if (run.node.error) run.error ??= new Error(run.node.error);
    const failed = failedNodes(applying);
    const [first] = failed;
    if (first !== undefined && applying.nodes.length === 1) throw first.error;
    for (const { run, error } of failed) run.error = asFailureOf(run, applying.nodes, error);
    if (applying.nodes.every(({ node, error }) => node.desired === undefined || error !== undefined)) {
        throw new Error(
            failedNodes(applying)
                .map(({ error }) => error.message)
                .join("\n"),
        );
    }
    const { desired, observed, previous } = inputs;
    const after =
        failed.length === 0
            ? planned.after
            : planAfter(desired, withErrors(observed, applying), previous, nodeSteps(planned));
    await applyAfter(after, applying);
}

/** Returns what was observed, with the errors of the nodes that failed. */
function withErrors({ nodes, removed, ...others }: Observed, applying: Applying): Observed {
    const withError = <Node extends ObservedNode | Leftovers>(node: Node): Node => {
        const error = applying.nodes.find((run) => run.node === node)?.error;
        return error === undefined ? node : { ...node, error: error.message };
    };
    return { ...others, nodes: nodes.map(withError), removed: removed.map(withError) };
}

/**
 * Replaces the containers that the engine can no longer start, for example after a change of its runtimes. This is
 * known only after an attempt to start them, so the plan is computed again after it.
 */
async function replaceUnstartable({ desired, observed, previous }: PlanInputs, applying: Applying): Promise<void> {
    const retried = new Map<ObservedNode | Leftovers, NodeRun>();
    const nodes = observed.nodes.map((node) => {
        const run = applying.nodes.find((each) => each.node === node);
        const isNew = run?.begun.some((step) => step.do === "createContainer");
        if (run === undefined || !(run.error instanceof StartError) || isNew || node.container === undefined)
            return node;
        const unstartable = { ...node, container: { ...node.container, cannotStart: run.error.why } };
        retried.set(unstartable, run);
        return unstartable;
    });
    if (retried.size === 0) return;
    for (const { node, steps } of plan(desired, { ...observed, nodes }, previous).nodes) {
        const run = retried.get(node);
        if (run === undefined) continue;
        run.steps = steps;
        delete run.error;
    }
    await applyNodes(
        [...retried.values()].filter(({ error }) => error === undefined),
        applying,
    );
}
