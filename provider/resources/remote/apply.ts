/** Runs the steps of a plan. */
import type { Workers } from "../../buildkit/workers";
import { requireWritableStore } from "../../buildx/storeFiles";
import type { Call } from "../../bridges/lifecycle";
import { changingFinalSteps, runFinalStep } from "../builder/finalSteps";
import { waitForDaemon } from "./daemon";
import type { Step, StepOf } from "./steps";

/** The run of a plan. */
export interface Applying {
    readonly call: Call;
    /** The steps begun so far that change something. */
    readonly begun: Step[];
    /** What the daemons reported that were connected to, by node. */
    readonly workers: Map<string, Workers>;
}

export const startRun = (call: Call): Applying => ({ call, begun: [], workers: new Map() });

/**
 * Runs steps. Connects to all daemons at the same time, before the other steps.
 *
 * @throws {Error} if a step fails. After the signal aborts, no further step begins.
 */
export async function apply(steps: readonly Step[], applying: Applying): Promise<void> {
    const { call, begun, workers } = applying;
    const connections = steps.filter((step) => step.do === "connect");
    const others = steps.filter((step) => step.do !== "connect");
    const changes = ({ do: what }: (typeof others)[number]) => changingFinalSteps.includes(what);
    if (others.some(changes)) await requireWritableStore();
    await connectAll(connections, applying);
    const platforms = [...workers.values()].flatMap((each) => each.platforms);
    for (const step of others) {
        call.signal.throwIfAborted();
        if (changes(step)) begun.push(step); // before it runs: it may fail halfway
        await runFinalStep(step, call, async () => platforms);
    }
}

async function connectAll(steps: readonly StepOf<"connect">[], { call, workers }: Applying): Promise<void> {
    const results = await Promise.allSettled(
        steps.map(async ({ node, seconds }) => {
            workers.set(node.name, await waitForDaemon(node, seconds, call));
        }),
    );
    call.signal.throwIfAborted();
    const failed = results.flatMap((result, index) => {
        if (result.status === "fulfilled") return [];
        const { message } = result.reason as Error;
        return [steps.length === 1 ? message : `node ${steps[index]?.node.name}: ${message}`];
    });
    if (failed.length > 0) throw new Error(failed.join("\n"));
}
