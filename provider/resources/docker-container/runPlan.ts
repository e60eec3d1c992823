/** Runs the plan of a builder. */
import type { Call } from "../../bridges/lifecycle";
import { StartError } from "../../docker/buildkitd/boot";
import { applyAfter, applyNodes } from "./apply";
import type { Applying } from "./applying";
import type { DesiredBuilder } from "./desired";
import type { Observed } from "./observe";
import { plan } from "./plan";
import { planAfter } from "./planAfter";
import type { Plan } from "./steps";
import type { NodeConnection } from "./node/connect";
import { requireWritable } from "./writable";

/** Returns the engines for the steps of each node, and how the steps report. */
export const applyingAt = ({ report, signal, warn }: Call, sites: readonly NodeConnection[]): Applying => ({
    contexts: sites.map(({ engine }) => ({ engine, begun: [] })),
    report,
    signal,
    warn,
    workers: new Map(),
    begun: [],
});

/**
 * Runs a plan. If some of several nodes fail, the other nodes are finished.
 *
 * @returns the errors by the node's index.
 * @throws {Error} if the plan has a refusal, all nodes fail, or a step after the nodes fails.
 */
export async function runPlan(
    steps: Plan,
    desired: DesiredBuilder,
    observed: Observed,
    applying: Applying,
): Promise<ReadonlyMap<number, Error>> {
    if (steps.refusal !== undefined) throw new Error(steps.refusal);
    await requireWritable(steps.after);
    const failed = await applyNodes(steps, applying);
    await replaceUnstartable(failed, desired, observed, applying);
    const names = [...desired.nodes.map(({ name }) => name), ...observed.dropped.map(({ node }) => node)];
    const errors = [...observed.nodes, ...observed.dropped].map(({ error }) => error);
    const failures = new Map<number, Error>();
    for (const [index, name] of names.entries()) {
        const error = failed.has(index) ? (failed.get(index) as Error) : errors[index] && new Error(errors[index]);
        if (!error) continue;
        if (names.length === 1) throw error;
        failures.set(index, new Error(`node ${name}: ${error.message}`, { cause: error }));
    }
    if (desired.nodes.every((_, index) => failures.has(index))) {
        throw new Error([...failures.values()].map(({ message }) => message).join("\n"));
    }
    const befallen = observed.nodes.map((node, index) => {
        const { message } = failures.get(index) ?? {};
        return message === undefined ? node : { ...node, error: message };
    });
    const after =
        failures.size === 0 ? steps.after : planAfter(desired, { ...observed, nodes: befallen }, steps.nodes.flat());
    await applyAfter(after, applying);
    return failures;
}

/**
 * Replaces the containers that the engine can no longer start, for example after a change of its runtimes. This is
 * known only after an attempt to start them, so the plan is computed again after it.
 *
 * @param failed the errors by the node's index. If an error is fixed, it is removed.
 */
async function replaceUnstartable(
    failed: Map<number, unknown>,
    desired: DesiredBuilder,
    observed: Observed,
    applying: Applying,
): Promise<void> {
    const nodes = observed.nodes.map((node, index) => {
        const error = failed.get(index);
        const isNew = applying.contexts[index]?.begun.some((step) => step.do === "createContainer");
        if (!(error instanceof StartError) || isNew || node.container === undefined) return node;
        return { ...node, container: { ...node.container, cannotStart: error.why } };
    });
    const isTriedAgain = (index: number) => nodes[index] !== observed.nodes[index];
    if (!nodes.some((_, index) => isTriedAgain(index))) return;
    const again = plan(desired, { ...observed, nodes });
    const stillFailed = await applyNodes(
        { ...again, nodes: again.nodes.map((steps, index) => (isTriedAgain(index) ? steps : [])) },
        applying,
    );
    for (const index of failed.keys()) if (isTriedAgain(index)) failed.delete(index);
    for (const [index, error] of stillFailed) failed.set(index, error);
}
