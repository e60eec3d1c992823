/** Runs the steps of a plan. */
import { queryWorkers } from "../../buildkit/workers";
import { formatPlatforms } from "../../text/platform";
import { stopUsingBuilder, useBuilder } from "../../buildx/current";
import { removeRecord } from "../../buildx/store";
import { inContainer } from "../../docker/buildkitd/inContainer";
import { removeContext, writeContext } from "../../docker/endpoint/context";
import { currentEndpoint } from "../../docker/endpoint/endpoint";
import { untilAborted, type Waiting } from "../../waiting";
import { missingPlatform } from "../builder/missingPlatform";
import { writeRecordOf } from "../builder/record";
import type { Applying, NodeRun, Progress } from "./applying";
import { runNodeStep } from "./node/applyStep";
import type { FinalStep, Step, StepOf } from "./steps";
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
    const { signal } = applying;
    switch (step.do) {
        case "writeContext":
            return writeContext(step.name, step.content);
        case "removeContext":
            return removeContext(step.name);
        case "writeRecord":
            return writeRecordOf(step.record, step.isNew, signal);
        case "removeRecord":
            return removeRecord(step.name, signal);
        case "use":
            return useBuilder(step.name, await currentEndpoint(), signal);
        case "stopUsing":
            return stopUsingBuilder(step.name, await currentEndpoint(), signal);
        case "requirePlatforms":
            return requirePlatforms(step, applying);
        case "leave":
            return applying.warn(`${step.what} is not removed: ${step.why}`);
        case "saveSettings":
            return;
    }
}

async function requirePlatforms(
    { builder, platforms: required }: StepOf<"requirePlatforms">,
    { nodes, signal }: Applying,
): Promise<void> {
    const offered = await Promise.all(nodes.map((run) => platformsOf(run, signal)));
    const all = formatPlatforms(offered.flat());
    const missing = required.filter((platform) => !all.includes(platform));
    if (missing.length > 0) throw new Error(missingPlatform(builder, missing, all));
}

async function platformsOf({ node, workers }: NodeRun, signal: AbortSignal) {
    const engine = node.connection?.engine;
    if (node.desired === undefined || engine === undefined) return [];
    const { platforms } = workers ?? (await queryWorkers(inContainer(engine, node.desired.container), signal));
    return platforms;
}
