/** Runs the steps of a plan. */
import type { Workers } from "../../buildkit/workers";
import { stopUsingBuilder, useBuilder } from "../../buildx/current";
import { removeRecord } from "../../buildx/store";
import { requireWritableStore } from "../../buildx/storeFiles";
import { currentEndpoint } from "../../docker/endpoint/endpoint";
import { formatPlatforms } from "../../text/platform";
import type { Call } from "../../bridges/lifecycle";
import { missingPlatform } from "../builder/missingPlatform";
import { writeRecordOf } from "../builder/record";
import { waitForDaemon } from "./daemon";
import { removeFiles, writeFile } from "./files";
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
    const { signal } = applying.call;
    if (steps.some((step) => changing.includes(step.do))) await requireWritableStore();
    await connectAll(
        steps.filter((step) => step.do === "connect"),
        applying,
    );
    for (const step of steps) {
        signal.throwIfAborted();
        if (changing.includes(step.do)) applying.begun.push(step); // before it runs: it may fail halfway
        await run(step, applying);
    }
}

/** The steps that change something on this machine. */
const changing: readonly Step["do"][] = [
    "writeFiles",
    "removeFiles",
    "writeRecord",
    "removeRecord",
    "use",
    "stopUsing",
];

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

async function run(step: Step, { call, workers }: Applying): Promise<void> {
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
            return requirePlatforms(step, [...workers.values()]);
        case "leave":
            return call.warn(`${step.what} is not removed: ${step.why}`);
        case "connect": // done before
        case "saveSettings":
            return;
    }
}

function requirePlatforms(
    { builder, platforms: required }: StepOf<"requirePlatforms">,
    workers: readonly Workers[],
): void {
    const offered = formatPlatforms(workers.flatMap(({ platforms }) => platforms));
    const missing = required.filter((platform) => !offered.includes(platform));
    if (missing.length > 0) throw new Error(missingPlatform(builder, missing, offered));
}
