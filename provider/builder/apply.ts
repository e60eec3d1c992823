import { boot as bootBuildkit } from "../buildkit/boot";
import { askWorkers } from "../buildkit/workers";
import { drain } from "../buildkit/builds";
import { noteWriter } from "../buildkit/writer";
import type { Workers } from "../buildkit/workers";
import { configFolder } from "../buildx/configFiles";
import { formatPlatforms } from "../buildx/platform";
import { githubActionsContext, provenanceFile } from "../buildx/provenance";
import { stopUsingBuilder, useBuilder } from "../buildx/current";
import { type NodeGroup, readRecord, RecordExistsError, removeRecord, sameRecord, writeRecord } from "../buildx/store";
import {
    ContainerExistsError,
    copyFiles,
    createContainer,
    inspectContainer,
    removeContainer,
} from "../docker/container";
import { removeContext, writeContext } from "../docker/context";
import { currentEndpoint } from "../docker/endpoint";
import { type Engine, failedCall } from "../docker/engine";
import { findImage, pullOrKeep } from "../docker/image";
import { ownerOf } from "../docker/ownership";
import { createVolume, inspectVolume, removeVolume } from "../docker/volume";
import type { Waiting } from "../waiting";
import { limitUpdate } from "./containerOptions";
import { missingPlatform } from "./missingPlatform";
import type { IsOurs } from "./observe";
import type { Plan, Step } from "./plan";

/** Where the steps of a node are run. */
export interface Context {
    /** `undefined` for a node whose engine cannot be reached, which has no steps. */
    readonly engine: Engine | undefined;
    /** The steps begun so far, for {@link undo}. */
    readonly begun: Step[];
}

export interface Applying extends Waiting {
    /** Of each node in the plan, in its order. */
    readonly contexts: readonly Context[];
    /** Tells something that stays on the screen. */
    readonly warn: (text: string) => Promise<void>;
    /** What each booted buildkitd said, by container. */
    readonly workers: Map<string, Workers>;
    /** The steps that no node has begun. */
    readonly begun: Step[];
}

/**
 * Runs the steps of all nodes at once, and gives the failures by node. What a failed one made before is still there:
 * see {@link undo}.
 */
export async function applyNodes({ nodes }: Plan, applying: Applying): Promise<Map<number, unknown>> {
    const failures = new Map<number, unknown>();
    await Promise.all(
        nodes.map(async (steps, index) => {
            const { engine, begun } = applying.contexts[index] as Context;
            try {
                for (const step of steps) {
                    begun.push(step); // before it is run, since a call that failed may have had its effect
                    await runNodeStep(step, engine as Engine, applying);
                }
            } catch (error) {
                failures.set(index, error);
            }
        }),
    );
    return failures;
}

/** Runs the steps that come once the nodes are done. */
export async function applyAfter(steps: readonly Step[], applying: Applying): Promise<void> {
    for (const step of steps) {
        applying.begun.push(step);
        await runStep(step, applying);
    }
}

/**
 * Removes what the steps of a failed creation made, last things first. What carries another resource's labels was
 * made by that one in the meantime, and stays.
 */
export async function undo({ engine, begun }: Context, isOurs: IsOurs): Promise<void> {
    const failures: unknown[] = [];
    for (const step of begun.toReversed()) {
        await undoStep(step, engine, isOurs).catch((error: unknown) => failures.push(error));
    }
    if (failures.length === 0) return;
    throw engine ? failedCall("what was made could not be removed again", engine, failures[0]) : failures[0];
}

async function undoStep(step: Step, engine: Engine | undefined, isOurs: IsOurs): Promise<void> {
    if (step.do === "createContainer" && engine) {
        const found = await inspectContainer(engine, step.container);
        if (found && isOurs(ownerOf(found.Config.Labels))) await removeContainer(engine, step.container);
    }
    if (step.do === "createVolume" && engine) {
        const found = await inspectVolume(engine, step.volume);
        if (found && isOurs(ownerOf(found.Labels))) await removeVolume(engine, step.volume);
    }
    if (step.do === "writeRecord" && step.isNew) await removeRecordOf(step.record);
    if (step.do === "writeContext") await removeContext(step.name);
}

/** Removes a record if it still is the one that was written. */
async function removeRecordOf(record: NodeGroup): Promise<void> {
    const found = await readRecord(record.Name);
    if (found.is === "present" && sameRecord(found.nodeGroup, record)) await removeRecord(record.Name);
}

async function runNodeStep(step: Step, engine: Engine, applying: Applying): Promise<void> {
    const { report } = applying;
    switch (step.do) {
        case "pullImage":
            return pullOrKeep(engine, step, report);
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
            return create(step, engine);
        case "updateLimits":
            report(`updating ${step.container}: ${step.why}`);
            return update(step, engine);
        case "boot":
            report(`waiting for BuildKit in ${step.container}`);
            return boot(step, engine, applying);
        case "removeVolume":
            report(`removing ${step.volume}`);
            return removeVolume(engine, step.volume);
        default:
            return runStep(step, applying);
    }
}

async function runStep(step: Step, applying: Applying): Promise<void> {
    switch (step.do) {
        case "writeContext":
            return writeContext(step.name, step.content);
        case "removeContext":
            return removeContext(step.name);
        case "writeRecord":
            return write(step);
        case "removeRecord":
            return removeRecord(step.name);
        case "use":
            return useBuilder(step.name, await currentEndpoint());
        case "stopUsing":
            return stopUsingBuilder(step.name, await currentEndpoint());
        case "requirePlatforms":
            return requirePlatforms(step, applying);
    }
}

type StepOf<Do extends Step["do"]> = Extract<Step, { do: Do }>;

async function create(step: StepOf<"createContainer">, engine: Engine): Promise<void> {
    const { container, options, imageInMirrors, files, tellsProvenance } = step;
    try {
        await createContainer(engine, { ...options, Image: await nameOnEngine(engine, options.Image, imageInMirrors) });
    } catch (error) {
        if (error instanceof ContainerExistsError) {
            const why = `${container} was made on ${engine.endpoint.host} by someone else in the meantime`;
            throw new Error(`${why}: the next pulumi up says by whom`, { cause: error });
        }
        throw failedCall(`${container} cannot be created`, engine, error);
    }
    const provenance = tellsProvenance ? await githubActionsContext(process.env) : undefined;
    const all = { ...files, ...(provenance && { [provenanceFile]: provenance }) };
    if (Object.keys(all).length > 0) await copyFiles(engine, container, configFolder, all);
}

/** The name by which the engine has the image of a container that is to be made. */
async function nameOnEngine(engine: Engine, image = "", imageInMirrors: readonly string[]): Promise<string> {
    if (imageInMirrors.length === 0) return image;
    return (await findImage(engine, image, imageInMirrors))?.name ?? image;
}

async function boot(
    { container, seconds, isStateNew }: StepOf<"boot">,
    engine: Engine,
    { workers, warn }: Applying,
): Promise<void> {
    const booted = await bootBuildkit(engine, container, seconds);
    workers.set(container, booted);
    const newer = await noteWriter(engine, container, booted.version, isStateNew).catch(() => undefined); // no reason to give up
    if (newer === undefined) return;
    await warn(
        `BuildKit ${booted.version} in ${container} works on a state that BuildKit ${newer} wrote. It takes such a state as ` +
            "it finds it, but BuildKit does not promise that: if builds fail, give it the newer image again, or another state",
    );
}

async function update({ container, limits }: StepOf<"updateLimits">, engine: Engine): Promise<void> {
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

async function requirePlatforms(
    { builder, containers, platforms: required }: StepOf<"requirePlatforms">,
    { contexts, workers }: Applying,
): Promise<void> {
    const offered = await Promise.all(
        containers.map(async (container, index) => {
            const engine = contexts[index]?.engine;
            const said = workers.get(container) ?? (engine && (await askWorkers(engine, container)));
            return said?.platforms ?? [];
        }),
    );
    const all = formatPlatforms(offered.flat());
    const missing = required.filter((platform) => !all.includes(platform));
    if (missing.length > 0) throw new Error(missingPlatform(builder, missing, all));
}
