import { prune, type Pruned } from "../../buildkit/prune";
import { bootAtRest } from "../../docker/buildkitd/atRest";
import { boot, defaultBootTimeout } from "../../docker/buildkitd/boot";
import { countBuildsIn, hasClients } from "../../docker/buildkitd/drain";
import { inContainer } from "../../docker/buildkitd/inContainer";
import {
    inspectContainer,
    isRunning,
    pauseContainer,
    startOf,
    startStopped,
    stopContainer,
    unpauseContainer,
} from "../../docker/engine/container";
import { type Engine, failedCall } from "../../docker/engine/engine";
import { pullOrKeep } from "../../docker/engine/pull";
import { pause, type Waiting } from "../../waiting";
import type { PrunePlan, PruneStep } from "./plan";

/** How long a buildkitd may take to stop, in seconds. */
const stopTimeout = 10;

/**
 * How often a connected client is checked before its builder is left running, and the milliseconds between two checks.
 * The engine lists a process for a moment after it has exited.
 */
const connectionChecks = 10;
const untilNextCheck = 200;

/** The containers that were started for the prune, by name. Each value is a function that stops or pauses it again. */
type Started = Map<string, () => Promise<void>>;

const prepares = (step: PruneStep) => ["pullImage", "start", "unpause", "bootAtRest"].includes(step.do);
const restores = (step: PruneStep) => ["stop", "pause", "endAtRest"].includes(step.do);

/**
 * Runs the steps of a plan, all nodes in parallel. First, it prepares all nodes: if one of them fails, nothing is
 * removed from any node. Then it prunes. At the end, it stops what it started, even if an earlier step failed.
 *
 * @param engines the engine of each node, by the name of the node.
 * @returns what was removed, in total for all nodes.
 * @throws {Error} if the plan is refused, or if a node fails, after the other nodes have finished.
 */
export async function applyPrune(
    { refusal, steps }: PrunePlan,
    engines: ReadonlyMap<string, Engine>,
    { report, signal }: Waiting,
): Promise<Pruned> {
    if (refusal !== undefined) throw new Error(refusal);
    const started: Started = new Map();
    const engineOf = ({ node }: PruneStep) => engines.get(node) as Engine;
    const all = { reclaimed: 0, records: 0 };
    const failures: string[] = [];
    try {
        failures.push(
            ...(await ofEachNode(steps.filter(prepares), (step) =>
                prepare(step, engineOf(step), started, { report, signal }),
            )),
        );
        signal.throwIfAborted();
        if (failures.length === 0) {
            report("pruning the cache");
            const prunes = steps.filter((step) => step.do === "prune");
            failures.push(
                ...(await ofEachNode(prunes, async (step) => {
                    const buildctl = inContainer(engineOf(step), step.container);
                    const { reclaimed, records } = await prune(buildctl, step.rule, signal);
                    all.reclaimed += reclaimed;
                    all.records += records;
                })),
            );
        }
    } finally {
        const restoring = steps.filter((step) => restores(step) && started.has(step.container));
        failures.push(...(await ofEachNode(restoring, async (step) => started.get(step.container)?.())));
    }
    if (failures.length > 0) throw new Error(failures.join("\n"));
    return all;
}

/** Runs the steps of each node in their order, and returns the error messages of the nodes that failed. */
async function ofEachNode<Step extends PruneStep>(
    steps: readonly Step[],
    run: (step: Step) => Promise<void>,
): Promise<string[]> {
    const nodes = [...new Set(steps.map(({ node }) => node))];
    const results = await Promise.allSettled(
        nodes.map(async (node) => {
            for (const step of steps.filter((each) => each.node === node)) await run(step);
        }),
    );
    return results.flatMap((each) => (each.status === "rejected" ? [(each.reason as Error).message] : []));
}

async function prepare(step: PruneStep, engine: Engine, started: Started, waiting: Waiting): Promise<void> {
    const { container } = step;
    const { report, signal } = waiting;
    switch (step.do) {
        case "pullImage":
            return pullOrKeep(engine, { image: step.image, inMirrors: [], mayFail: false }, waiting);
        case "start":
            report(`starting ${container}: ${step.why}`);
            return start(engine, container, started, signal);
        case "unpause":
            report(`unpausing ${container}: ${step.why}`);
            if (await unpauseContainer(engine, container))
                started.set(container, () => pauseContainer(engine, container));
            return;
        case "bootAtRest": {
            report(`booting BuildKit on ${step.volume}: ${step.why}`);
            const { volume, image } = step;
            const { end } = await bootAtRest(engine, {
                name: container,
                volume,
                image,
                seconds: defaultBootTimeout,
                signal,
            });
            started.set(container, end);
        }
    }
}

/** Starts a builder, and records how to stop it again. Records nothing if another process has already started it. */
async function start(engine: Engine, container: string, started: Started, signal: AbortSignal): Promise<void> {
    const isStarted = await startStopped(engine, container).catch((error: unknown) => {
        throw failedCall(`container ${container} cannot be started`, engine, error);
    });
    const found = await inspectContainer(engine, container);
    const since = found && startOf(found);
    if (isStarted) started.set(container, () => stopUnlessUsed(engine, container, since));
    await boot(engine, container, { timeout: defaultBootTimeout, signal });
}

/**
 * Stops a builder, unless another process has restarted it since, or a client is using it. A client connects before
 * BuildKit lists its build, so a connected client counts too.
 */
async function stopUnlessUsed(engine: Engine, container: string, since: string | undefined): Promise<void> {
    for (let attempt = 0; attempt < connectionChecks; attempt++) {
        const found = await inspectContainer(engine, container);
        if (found === undefined || !isRunning(found) || startOf(found) !== since) return;
        if ((await countBuildsIn(engine, container)) > 0) return;
        if (!hasClients(found)) return stopContainer(engine, container, stopTimeout);
        await pause(untilNextCheck);
    }
}
