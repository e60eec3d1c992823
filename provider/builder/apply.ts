import { waitUntilReady } from "../buildkit/boot";
import { drain } from "../buildkit/builds";
import type { Workers } from "../buildkit/workers";
import { githubActionsContext, provenanceFile } from "../buildx/provenance";
import {
    type NodeGroup,
    readRecord,
    RecordExistsError,
    removeRecord,
    sameRecord,
    stopUsingBuilder,
    useBuilder,
    writeRecord,
} from "../buildx/store";
import {
    ContainerExistsError,
    copyFiles,
    createContainer,
    inspectContainer,
    removeContainer,
    startContainer,
} from "../docker/container";
import { findEndpoint } from "../docker/endpoint";
import { type Engine, failedCall } from "../docker/engine";
import { pullImage } from "../docker/image";
import { ownerOf } from "../docker/ownership";
import { createVolume, inspectVolume, removeVolume } from "../docker/volume";
import { limitUpdate } from "./containerOptions";
import type { IsOurs } from "./observe";
import type { Plan, Step } from "./plan";

/** Where buildkitd looks for its configuration. */
const configFolder = "/etc/buildkit";

/** Where steps are run. */
export interface Context {
    readonly engine: Engine;
    /** Told in a few words what is being done. */
    readonly report: (text: string) => void;
}

/** What the steps brought about that later steps or the outputs need. */
export interface Applied {
    /** What each booted buildkitd said, by container. */
    readonly workers: ReadonlyMap<string, Workers>;
}

/**
 * Runs a plan's steps. On a failure it throws, with what it made before still there: see {@link undo}.
 *
 * @param begun is given each step before it is run, since a call that failed may have had its effect.
 */
export async function apply(plan: Plan, context: Context, begun: Step[]): Promise<Applied> {
    const workers = new Map<string, Workers>();
    const run = async (step: Step) => {
        begun.push(step);
        await runStep(step, context, workers);
    };
    const outcomes = await Promise.allSettled(
        plan.nodes.map(async (steps) => {
            for (const step of steps) await run(step);
        }),
    );
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
    for (const step of plan.after) await run(step);
    return { workers };
}

/**
 * Removes what the steps of a failed creation made, last things first. What carries another resource's labels was
 * made by that one in the meantime, and stays.
 */
export async function undo(begun: readonly Step[], { engine, report }: Context, isOurs: IsOurs): Promise<void> {
    report("removing what was made");
    const failures: unknown[] = [];
    for (const step of begun.toReversed()) {
        await undoStep(step, engine, isOurs).catch((error: unknown) => failures.push(error));
    }
    report("");
    if (failures.length > 0) throw failures[0];
}

async function undoStep(step: Step, engine: Engine, isOurs: IsOurs): Promise<void> {
    if (step.do === "createContainer") {
        const found = await inspectContainer(engine, step.container);
        if (found && isOurs(ownerOf(found.Config.Labels))) await removeContainer(engine, step.container);
    }
    if (step.do === "createVolume") {
        const found = await inspectVolume(engine, step.volume);
        if (found && isOurs(ownerOf(found.Labels))) await removeVolume(engine, step.volume);
    }
    if (step.do === "writeRecord" && step.isNew) await removeRecordOf(step.record);
}

/** Removes a record if it still is the one that was written. */
async function removeRecordOf(record: NodeGroup): Promise<void> {
    const found = await readRecord(record.Name);
    if (found.is === "present" && sameRecord(found.nodeGroup, record)) await removeRecord(record.Name);
}

async function runStep(step: Step, context: Context, workers: Map<string, Workers>): Promise<void> {
    const { engine, report } = context;
    switch (step.do) {
        case "pullImage":
            return pull(step, context);
        case "createVolume":
            await createVolume(engine, { Name: step.volume, Labels: step.labels });
            return;
        case "drain":
            await drain(engine, step.container, step.seconds, (builds) =>
                report(`waiting for ${builds} running ${builds === 1 ? "build" : "builds"}: ${step.why}`),
            );
            return;
        case "removeContainer":
            report(`removing ${step.container}`);
            return removeContainer(engine, step.container);
        case "createContainer":
            report(`creating ${step.container}: ${step.why}`);
            return create(step, context);
        case "updateLimits":
            report(`updating ${step.container}: ${step.why}`);
            return update(step, context);
        case "boot":
            report(`waiting for BuildKit in ${step.container}`);
            return boot(step, context, workers);
        case "writeRecord":
            return write(step);
        case "use":
            return useBuilder(step.name, (await findEndpoint()).stored);
        case "stopUsing":
            return stopUsingBuilder(step.name);
        case "removeVolume":
            report(`removing ${step.volume}`);
            return removeVolume(engine, step.volume);
        case "removeRecord":
            return removeRecord(step.name);
        case "remember":
            return;
    }
}

type StepOf<Do extends Step["do"]> = Extract<Step, { do: Do }>;

async function pull({ image, mayFail }: StepOf<"pullImage">, { engine, report }: Context): Promise<void> {
    report(`pulling ${image}`);
    try {
        await pullImage(engine, image, (percent) => report(`pulling ${image}: ${percent}%`));
    } catch (error) {
        if (!mayFail) throw error;
        report(`using the ${image} that the engine has: ${(error as Error).message}`);
    }
}

async function create(step: StepOf<"createContainer">, { engine }: Context): Promise<void> {
    const { container, options, tellsProvenance } = step;
    try {
        await createContainer(engine, options);
    } catch (error) {
        if (error instanceof ContainerExistsError) {
            const why = `${container} was made on ${engine.endpoint.host} by someone else in the meantime`;
            throw new Error(`${why}: the next pulumi up says by whom`, { cause: error });
        }
        throw failedCall(`${container} cannot be created`, engine, error);
    }
    const provenance = tellsProvenance ? await githubActionsContext(process.env) : undefined;
    if (provenance) await copyFiles(engine, container, configFolder, { [provenanceFile]: provenance });
}

async function boot(
    { container, seconds }: StepOf<"boot">,
    { engine }: Context,
    workers: Map<string, Workers>,
): Promise<void> {
    try {
        await startContainer(engine, container);
    } catch (error) {
        throw failedCall(`${container} cannot be started`, engine, error);
    }
    workers.set(container, await waitUntilReady(engine, container, seconds));
}

async function update({ container, limits }: StepOf<"updateLimits">, { engine }: Context): Promise<void> {
    try {
        await engine.api.getContainer(container).update(limitUpdate(limits));
    } catch (error) {
        throw failedCall(`${container} cannot be updated`, engine, error);
    }
}

async function write({ record, isNew }: StepOf<"writeRecord">): Promise<void> {
    try {
        await writeRecord(record, { exclusive: isNew });
    } catch (error) {
        if (!(error instanceof RecordExistsError)) throw error;
        const why = `builder "${record.Name}" was made by someone else in the meantime: ${error.message}`;
        throw new Error(why, { cause: error });
    }
}
