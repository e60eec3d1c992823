/** Runs the steps of a plan. */
import { queryWorkers } from "../../buildkit/workers";
import { inContainer } from "../../docker/buildkitd/inContainer";
import { removeContext, writeContext } from "../../docker/endpoint/context";
import { untilAborted, type Waiting } from "../../waiting";
import { runFinalStep as runSharedStep } from "../builder/finalSteps";
import type { Applying, NodeRun, Progress } from "./applying";
import { runNodeStep } from "./node/applyStep";
import type { FinalStep, Step } from "./steps";
import { restoreReplaced } from "./undo";

/** How long a running step may take to finish after the signal aborts, in milliseconds. */
const stepGrace = 1_000;

/**
 * Runs the steps of nodes in parallel. If a node fails, its run has the error, and `restoreReplaced` restores the
 * container that the node was replacing. Everything else that the failed node created remains: see `undo`. After the
 * signal aborts, no further step begins.
 */
export async function applyNodes(runs: readonly NodeRun[], applying: Applying): Promise<void> {
    await Promise.all(
        runs.map(async (run) => {
            try {
                for (const step of run.steps) await begin(step, run, applying, () => runNodeStep(step, run, applying));
            } catch (error) {
                run.error = error as Error;
                await restoreReplaced(run, applying.signal).catch((failure: Error) => {
                    const reasons = [error as Error, failure].map(({ message }) => message);
                    run.error = new Error(reasons.join("\n"), { cause: error });
                });
            }
        }),
    );
}

/** Runs the steps that follow the nodes' steps. */
export async function applyAfter(steps: readonly FinalStep[], applying: Applying): Promise<void> {
    for (const step of steps) await begin(step, applying, applying, () => runFinalStep(step, applying));
}

async function begin(step: Step, progress: Progress, { signal }: Waiting, run: () => Promise<void>): Promise<void> {
    signal.throwIfAborted();
    progress.begun.push(step); // before it runs, since a failed call may still have taken effect
    progress.abandoned = step;
    const settle = () => delete progress.abandoned;
    const running = run();
    running.then(settle, settle);
    await untilAborted(running, signal, stepGrace);
}

async function runFinalStep(step: FinalStep, applying: Applying): Promise<void> {
    switch (step.do) {
        case "writeContext":
            return writeContext(step.name, step.content);
        case "removeContext":
            return removeContext(step.name);
        default:
            return runSharedStep(step, applying, () => platformsOfAll(applying));
    }
}

const platformsOfAll = async ({ nodes, signal }: Applying) =>
    (await Promise.all(nodes.map((run) => platformsOf(run, signal)))).flat();

async function platformsOf({ node, workers }: NodeRun, signal: AbortSignal) {
    const engine = node.connection?.engine;
    if (node.desired === undefined || engine === undefined) return [];
    const { platforms } = workers ?? (await queryWorkers(inContainer(engine, node.desired.container), signal));
    return platforms;
}
