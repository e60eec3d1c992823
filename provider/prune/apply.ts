import { prune, type Pruned } from "../buildkit/prune";
import { bootAtRest } from "../docker-buildkitd/atRest";
import { boot } from "../docker-buildkitd/boot";
import { countBuildsIn } from "../docker-buildkitd/drain";
import { inContainer } from "../docker-buildkitd/inContainer";
import {
    inspectContainer,
    isRunning,
    pauseContainer,
    startOf,
    startStopped,
    stopContainer,
    unpauseContainer,
} from "../docker/container";
import { type Engine, failedCall } from "../docker/engine";
import { pullOrKeep } from "../docker/pull";
import type { Waiting } from "../waiting";
import type { PrunePlan, PruneStep } from "./plan";

/** Seconds until a buildkitd that is started for the prune has to answer. */
const bootTimeout = 60;

/** Seconds that a buildkitd gets to end. */
const stopTimeout = 10;

/** What was started, by the container's name: how that is taken back. */
type Started = Map<string, () => Promise<void>>;

const prepares = (step: PruneStep) => ["pullImage", "start", "unpause", "bootAtRest"].includes(step.do);
const takesBack = (step: PruneStep) => ["stop", "pause", "endAtRest"].includes(step.do);

/**
 * Runs a plan's steps, all nodes at once: first all that makes them ready, so that nothing is removed from any if one
 * cannot be; then the prunes; and at last, however these end, what stops again what was started.
 *
 * @param engines of the nodes, by their names.
 * @returns what was removed, over all nodes.
 * @throws where the plan is refused, and where a node fails, once the others are through.
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
            report("removing from the cache");
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
        const undone = steps.filter((step) => takesBack(step) && started.has(step.container));
        failures.push(...(await ofEachNode(undone, async (step) => started.get(step.container)?.())));
    }
    if (failures.length > 0) throw new Error(failures.join("\n"));
    return all;
}

/** Runs the steps of each node in their order, and gives what failed. */
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
            const { end } = await bootAtRest(engine, { name: container, volume, image, seconds: bootTimeout, signal });
            started.set(container, end);
        }
    }
}

/** Starts a builder, and notes how it is stopped again: not at all if someone else has started it in the meantime. */
async function start(engine: Engine, container: string, started: Started, signal: AbortSignal): Promise<void> {
    const isOurs = await startStopped(engine, container).catch((error: unknown) => {
        throw failedCall(`${container} cannot be started`, engine, error);
    });
    const found = await inspectContainer(engine, container);
    const since = found && startOf(found);
    if (isOurs) started.set(container, () => stopUnlessUsed(engine, container, since));
    await boot(engine, container, bootTimeout, signal);
}

/** One that was stopped and started by someone else in the meantime is theirs, and so is one that builds. */
async function stopUnlessUsed(engine: Engine, container: string, since: string | undefined): Promise<void> {
    const found = await inspectContainer(engine, container);
    if (found === undefined || !isRunning(found) || startOf(found) !== since) return;
    if ((await countBuildsIn(engine, container)) > 0) return;
    await stopContainer(engine, container, stopTimeout);
}
