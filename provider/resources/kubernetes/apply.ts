/** Runs the steps of a plan. */
import type { Call } from "../../bridges/lifecycle";
import { requireWritableStore } from "../../buildx/storeFiles";
import { changingFinalSteps, runFinalStep } from "../builder/finalSteps";
import { runNodeStep } from "./applyNode";
import type { Applying } from "./applying";
import type { Observation } from "./observe";
import { withRole } from "./rights";
import type { NodeStep, Step } from "./steps";

export const startRun = (call: Call, { observed, clusters }: Observation): Applying => ({
    call,
    clusters,
    nodes: new Map([...observed.removed, ...observed.nodes].map((node) => [node.desired.name, node])),
    begun: [],
    ready: new Map(),
    restored: [],
});

const isNodeStep = (step: Step): step is NodeStep => "node" in step;

/** The steps that change something. */
const changing: readonly Step["do"][] = [
    ...(["applyConfigMaps", "removeWorkload", "applyWorkload", "removeConfigMaps", "removeClaims"] as const),
    ...changingFinalSteps,
];

/**
 * Runs steps in their order. Steps of several nodes that follow each other run at the same time.
 *
 * @throws {Error} if a step fails. After the signal aborts, no further step begins.
 */
export async function apply(steps: readonly Step[], applying: Applying): Promise<void> {
    if (steps.some((step) => !isNodeStep(step) && changing.includes(step.do))) await requireWritableStore();
    let index = 0;
    while (index < steps.length) {
        const step = steps[index] as Step;
        if (isNodeStep(step)) {
            const end = steps.findIndex((each, at) => at > index && !isNodeStep(each));
            const group = steps.slice(index, end < 0 ? steps.length : end).filter(isNodeStep);
            await runNodes(group, applying);
            index += group.length;
        } else {
            applying.call.signal.throwIfAborted();
            if (changing.includes(step.do)) applying.begun.push(step); // before it runs: it may fail halfway
            const platforms = [...applying.ready.values()].flatMap(({ workers }) => workers.platforms);
            await runFinalStep(step, applying.call, async () => platforms);
            index++;
        }
    }
}

async function runNodes(steps: readonly NodeStep[], applying: Applying): Promise<void> {
    const { call, nodes } = applying;
    const names = [...new Set(steps.map(({ node }) => node))];
    const results = await Promise.allSettled(
        names.map(async (name) => {
            const report = (text: string) => call.report(names.length === 1 ? text : `${name}: ${text}`);
            for (const step of steps.filter(({ node }) => node === name)) {
                call.signal.throwIfAborted();
                if (changing.includes(step.do)) applying.begun.push(step);
                await runNodeStep(step, applying, { report, signal: call.signal });
            }
        }),
    );
    call.signal.throwIfAborted();
    const failed = results.flatMap((result, index) => {
        if (result.status === "fulfilled") return [];
        const name = names[index] ?? "";
        const node = nodes.get(name);
        const error = withRole(result.reason as Error, node?.place?.namespace ?? "", { kind: node?.desired.kind });
        return [names.length === 1 ? error.message : `node ${name}: ${error.message}`];
    });
    if (failed.length > 0) throw new Error(failed.join("\n"));
}
