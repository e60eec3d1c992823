/** Runs the steps of a plan. */
import type { Call } from "../../bridges/lifecycle";
import { stopUsingBuilder, useBuilder } from "../../buildx/current";
import { removeRecord } from "../../buildx/store";
import { requireWritableStore } from "../../buildx/storeFiles";
import { currentEndpoint } from "../../docker/endpoint/endpoint";
import { formatPlatforms } from "../../text/platform";
import { missingPlatform } from "../builder/missingPlatform";
import { writeRecordOf } from "../builder/record";
import { runNodeStep } from "./applyNode";
import type { Applying, ReadyNode } from "./applying";
import { removeFiles, writeFile } from "./files";
import type { Observation } from "./observe";
import { withRole } from "./rights";
import type { FinalStep, NodeStep, Step, StepOf } from "./steps";

export const startRun = (call: Call, { observed, clusters }: Observation): Applying => ({
    call,
    clusters,
    nodes: new Map([...observed.removed, ...observed.nodes].map((node) => [node.desired.name, node])),
    begun: [],
    ready: new Map(),
});

const isNodeStep = (step: Step): step is NodeStep => "node" in step;

/** The steps that change something. */
const changing: readonly Step["do"][] = [
    ...(["applyConfigMaps", "removeWorkload", "applyWorkload", "removeConfigMaps", "removeClaims"] as const),
    ...(["writeFiles", "removeFiles", "writeRecord", "removeRecord", "use", "stopUsing"] as const),
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
            await runFinalStep(step, applying);
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

async function runFinalStep(step: FinalStep, { call, ready }: Applying): Promise<void> {
    const { signal } = call;
    switch (step.do) {
        case "writeFiles":
            for (const [path, content] of Object.entries(step.files)) await writeFile(path, content);
            return;
        case "removeFiles":
            return removeFiles(step.paths);
        case "writeRecord":
            return writeRecordOf(step.record, step.isNew, signal);
        case "removeRecord":
            return removeRecord(step.name, signal);
        case "use":
            return useBuilder(step.name, await currentEndpoint(), signal);
        case "stopUsing":
            return stopUsingBuilder(step.name, await currentEndpoint(), signal);
        case "requirePlatforms":
            return requirePlatforms(step, [...ready.values()]);
        case "leave":
            return call.warn(`${step.what} is not removed: ${step.why}`);
        case "saveSettings":
            return;
    }
}

function requirePlatforms(
    { builder, platforms: required }: StepOf<"requirePlatforms">,
    nodes: readonly ReadyNode[],
): void {
    const offered = formatPlatforms(nodes.flatMap(({ workers }) => workers.platforms));
    const missing = required.filter((platform) => !offered.includes(platform));
    if (missing.length > 0) throw new Error(missingPlatform(builder, missing, offered));
}
