import { queryWorkers } from "../../buildkit/workers";
import { configFolder } from "../../buildkit/config/files";
import { formatPlatforms } from "../../text/platform";
import { githubActionsContext, provenanceFile } from "../../buildx/provenance";
import { stopUsingBuilder, useBuilder } from "../../buildx/current";
import { RecordExistsError, removeRecord, writeRecord } from "../../buildx/store";
import { boot as bootBuildkit, BootTimeoutError } from "../../docker/buildkitd/boot";
import { drain } from "../../docker/buildkitd/drain";
import { inContainer } from "../../docker/buildkitd/inContainer";
import { recordVersion } from "../../docker/buildkitd/stateVersion";
import { warningsAfterBoot } from "../../docker/buildkitd/warnings";
import {
    ContainerExistsError,
    copyFiles,
    createContainer,
    removeContainer,
    renameContainer,
} from "../../docker/engine/container";
import { removeContext, writeContext } from "../../docker/endpoint/context";
import { currentEndpoint } from "../../docker/endpoint/endpoint";
import { type Engine, failedCall } from "../../docker/engine/engine";
import { withoutRefusedGpus } from "../../docker/engine/gpus";
import { findImage } from "../../docker/engine/image";
import { pullOrKeep } from "../../docker/engine/pull";
import { createVolume, removeVolume } from "../../docker/engine/volume";
import { untilAborted, type Waiting } from "../../waiting";
import type { Applying, Context } from "./applying";
import { limitUpdate } from "./node/containerOptions";
import { missingPlatform } from "../builder/missingPlatform";
import type { Plan, Step } from "./steps";
import { restoreReplaced } from "./undo";

/** How long a running step may take to finish after the signal aborts, in milliseconds. */
const stepGrace = 1_000;

/**
 * Runs the steps of all nodes in parallel. If a node fails, `goBack` restores the container that it was replacing.
 * Everything else that the failed node created remains: see `undo`. After the signal aborts, no further step begins.
 *
 * @returns the failures by the node's index.
 */
export async function applyNodes({ nodes }: Plan, applying: Applying): Promise<Map<number, unknown>> {
    const failures = new Map<number, unknown>();
    await Promise.all(
        nodes.map(async (steps, index) => {
            const context = applying.contexts[index] as Context;
            try {
                for (const step of steps) {
                    await begin(step, context, applying, () => runNodeStep(step, context.engine as Engine, applying));
                }
            } catch (error) {
                failures.set(index, error);
                await restoreReplaced(context, applying.signal).catch((back: Error) => {
                    const reasons = [error as Error, back].map(({ message }) => message);
                    failures.set(index, new Error(reasons.join("\n"), { cause: error }));
                });
            }
        }),
    );
    return failures;
}

/** Runs the steps that follow the nodes' steps. */
export async function applyAfter(steps: readonly Step[], applying: Applying): Promise<void> {
    for (const step of steps) await begin(step, applying, applying, () => runStep(step, applying));
}

async function begin(
    step: Step,
    at: Pick<Context, "begun" | "abandoned">,
    { signal }: Waiting,
    run: () => Promise<void>,
): Promise<void> {
    signal.throwIfAborted();
    at.begun.push(step); // before it runs, since a failed call may still have taken effect
    at.abandoned = step;
    const settle = () => delete at.abandoned;
    const running = run();
    running.then(settle, settle);
    await untilAborted(running, signal, stepGrace);
}

async function runNodeStep(step: Step, engine: Engine, applying: Applying): Promise<void> {
    const { report, signal } = applying;
    switch (step.do) {
        case "pullImage":
            return pullOrKeep(engine, { ...step, argument: "bootTimeout" }, applying);
        case "createVolume":
            await createVolume(engine, { Name: step.volume, Labels: step.labels });
            if (step.isLost) {
                const { host } = engine.endpoint;
                await applying.warn(`volume ${step.volume} is not on ${host} any more: the cache starts empty`);
            }
            return;
        case "drain":
            return drain(engine, step.container, step.seconds, {
                report: (text) => report(`${text}: ${step.why}`),
                signal,
            });
        case "removeContainer":
            report(`removing ${step.container}`);
            return removeContainer(engine, step.container);
        case "createContainer":
            report(`creating ${step.container}: ${step.why}`);
            return create(step, engine, applying);
        case "replaceContainer":
            report(`replacing ${step.container}: ${step.why}`);
            return replace(step, engine, applying);
        case "updateLimits":
            report(`updating ${step.container}: ${step.why}`);
            return update(step, engine);
        case "boot":
            report(`waiting for BuildKit in ${step.replaces ?? step.container}`);
            return boot(step, engine, applying);
        case "removeVolume":
            report(`removing ${step.volume}`);
            return removeVolume(engine, step.volume);
        default:
            return runStep(step, applying);
    }
}

async function runStep(step: Step, applying: Applying): Promise<void> {
    const { signal } = applying;
    switch (step.do) {
        case "writeContext":
            return writeContext(step.name, step.content);
        case "removeContext":
            return removeContext(step.name);
        case "writeRecord":
            return write(step, signal);
        case "removeRecord":
            return removeRecord(step.name, signal);
        case "use":
            return useBuilder(step.name, await currentEndpoint(), signal);
        case "stopUsing":
            return stopUsingBuilder(step.name, await currentEndpoint(), signal);
        case "requirePlatforms":
            return requirePlatforms(step, applying);
        case "leave":
            return applying.warn(`${step.what} is left as it is: ${step.why}`);
    }
}

type StepOf<Do extends Step["do"]> = Extract<Step, { do: Do }>;

async function create(step: StepOf<"createContainer">, engine: Engine, { warn }: Applying): Promise<void> {
    const { container, replaces, options, imageInMirrors, files, tellsProvenance } = step;
    const { name: made = container } = options;
    try {
        // Only this package uses the name of a next container. An existing one was left by an interrupted update.
        if (replaces !== undefined) await removeContainer(engine, made);
        const named = { ...options, Image: await nameOnEngine(engine, options.Image, imageInMirrors) };
        await createContainer(engine, await withoutRefusedGpus(engine, named));
    } catch (error) {
        if (error instanceof ContainerExistsError) {
            const why = `${container} was made on ${engine.endpoint.host} by someone else in the meantime`;
            throw new Error(`${why}: the next pulumi up says by whom`, { cause: error });
        }
        throw failedCall(`${container} cannot be created`, engine, error);
    }
    const provenance = tellsProvenance ? await provenanceOr(warn) : undefined;
    const all = { ...files, ...(provenance && { [provenanceFile]: provenance }) };
    if (Object.keys(all).length > 0) await copyFiles(engine, made, configFolder, all);
}

/** Returns the GitHub Actions context for provenance attestations. If that fails, warns: builds run without it. */
const provenanceOr = (warn: Applying["warn"]): Promise<Buffer | undefined> =>
    githubActionsContext(process.env).catch(async (error: Error) => {
        await warn(
            `provenance attestations do not tell of this GitHub Actions run, since its event cannot be read: ${error.message}`,
        );
        return undefined;
    });

/** Replaces a container after the new one has booted, so that only an error of the engine can make it fail. */
async function replace(
    { container, by }: StepOf<"replaceContainer">,
    engine: Engine,
    { workers }: Applying,
): Promise<void> {
    await removeContainer(engine, container);
    await renameContainer(engine, by, container).catch((error: unknown) => {
        throw failedCall(`${container} cannot be replaced`, engine, error);
    });
    const booted = workers.get(by);
    if (booted) workers.set(container, booted);
}

/** Returns the name under which the engine has the image of a container to create. */
async function nameOnEngine(engine: Engine, image = "", imageInMirrors: readonly string[]): Promise<string> {
    if (imageInMirrors.length === 0) return image;
    return (await findImage(engine, image, imageInMirrors))?.name ?? image;
}

async function boot(
    { container, seconds, isStateNew }: StepOf<"boot">,
    engine: Engine,
    { workers, warn, signal }: Applying,
): Promise<void> {
    const booted = await bootBuildkit(engine, container, seconds, signal).catch((error: Error) => {
        if (!(error instanceof BootTimeoutError)) throw error;
        const advice = `If it needs longer than ${seconds} s to boot, set bootTimeout to more`;
        throw new Error(`${error.message}\n${advice}`, { cause: error });
    });
    workers.set(container, booted);
    for (const text of await warningsAfterBoot(engine, container, booted)) await warn(text);
    const recorded = untilAborted(recordVersion(engine, container, booted.version, isStateNew), signal);
    const newer = await recorded.catch(() => undefined); // a failure to record the version does not fail the boot
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

async function write({ record, isNew }: StepOf<"writeRecord">, signal: AbortSignal): Promise<void> {
    try {
        await writeRecord(record, { exclusive: isNew }, signal);
    } catch (error) {
        if (!(error instanceof RecordExistsError)) throw error;
        const why = `builder "${record.Name}" was made by someone else in the meantime: ${error.message}`;
        throw new Error(why, { cause: error });
    }
}

async function requirePlatforms(
    { builder, containers, platforms: required }: StepOf<"requirePlatforms">,
    { contexts, workers, signal }: Applying,
): Promise<void> {
    const offered = await Promise.all(
        containers.map(async (container, index) => {
            const engine = contexts[index]?.engine;
            const said =
                workers.get(container) ?? (engine && (await queryWorkers(inContainer(engine, container), signal)));
            return said?.platforms ?? [];
        }),
    );
    const all = formatPlatforms(offered.flat());
    const missing = required.filter((platform) => !all.includes(platform));
    if (missing.length > 0) throw new Error(missingPlatform(builder, missing, all));
}
