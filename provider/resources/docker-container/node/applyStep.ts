/** Runs a step on the engine of a node. */
import { configFolder } from "../../../buildkit/config/files";
import { githubActionsContext, provenanceFile } from "../../../buildx/provenance";
import { boot as bootBuildkit, BootTimeoutError } from "../../../docker/buildkitd/boot";
import { drain } from "../../../docker/buildkitd/drain";
import { recordVersion } from "../../../docker/buildkitd/stateVersion";
import { warningsAfterBoot } from "../../../docker/buildkitd/warnings";
import {
    ContainerExistsError,
    copyFiles,
    createContainer,
    removeContainer,
    renameContainer,
} from "../../../docker/engine/container";
import { type Engine, failedCall } from "../../../docker/engine/engine";
import { withoutRefusedGpus } from "../../../docker/engine/gpus";
import { findImage } from "../../../docker/engine/image";
import { createVolume, removeVolume } from "../../../docker/engine/volume";
import { untilAborted } from "../../../waiting";
import type { Applying, NodeRun } from "../applying";
import type { NodeStep, StepOf } from "../steps";
import { limitUpdate } from "./containerOptions";

export async function runNodeStep(step: NodeStep, run: NodeRun, applying: Applying): Promise<void> {
    const { report, signal, warn } = applying;
    const engine = run.node.connection?.engine;
    if (engine === undefined) throw run.node.connection?.error ?? new Error("the node is not connected to its engine");
    switch (step.do) {
        case "pullImage": {
            const { pullOrKeep } = await import("../../../docker/engine/pull"); // most builders find their image
            return pullOrKeep(engine, { ...step, argument: "bootTimeout" }, applying);
        }
        case "createVolume":
            await createVolume(engine, { Name: step.volume, Labels: step.labels });
            if (step.isLost) {
                await warn(`volume ${step.volume} is not on ${engine.endpoint.host} any more: the cache starts empty`);
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
            return replace(step, engine);
        case "updateLimits":
            report(`updating ${step.container}: ${step.why}`);
            return updateLimits(step, engine);
        case "boot":
            report(`waiting for BuildKit in ${step.replaces ?? step.container}`);
            return boot(step, engine, run, applying);
        case "removeVolume":
            report(`removing ${step.volume}`);
            return removeVolume(engine, step.volume);
    }
}

async function create(step: StepOf<"createContainer">, engine: Engine, { warn }: Applying): Promise<void> {
    const { container, replaces, options, imageInMirrors, files, addsProvenance } = step;
    const { name: created = container } = options;
    try {
        // Only this package uses the name of a next container. An existing one was left by an interrupted update.
        if (replaces !== undefined) await removeContainer(engine, created);
        const named = { ...options, Image: await nameOnEngine(engine, options.Image, imageInMirrors) };
        await createContainer(engine, await withoutRefusedGpus(engine, named));
    } catch (error) {
        if (error instanceof ContainerExistsError) {
            const what = `container ${container} was created on ${engine.endpoint.host} by another process`;
            throw new Error(`${what} during this update. Run pulumi up again to see its owner`, { cause: error });
        }
        throw failedCall(`${container} cannot be created`, engine, error);
    }
    const provenance = addsProvenance ? await provenanceOr(warn) : undefined;
    const all = { ...files, ...(provenance && { [provenanceFile]: provenance }) };
    if (Object.keys(all).length > 0) await copyFiles(engine, created, configFolder, all);
}

/** Returns the GitHub Actions context for provenance attestations. If that fails, warns: builds run without it. */
const provenanceOr = (warn: Applying["warn"]): Promise<Buffer | undefined> =>
    githubActionsContext(process.env).catch(async (error: Error) => {
        await warn(
            "provenance attestations do not contain the context of this GitHub Actions run, because its event cannot be " +
                `read: ${error.message}`,
        );
        return undefined;
    });

/** Replaces a container after the new one has booted, so that only an error of the engine can make it fail. */
async function replace({ container, by }: StepOf<"replaceContainer">, engine: Engine): Promise<void> {
    await removeContainer(engine, container);
    await renameContainer(engine, by, container).catch((error: unknown) => {
        throw failedCall(`${container} cannot be replaced`, engine, error);
    });
}

/** Returns the name under which the engine has the image of a container to create. */
async function nameOnEngine(engine: Engine, image = "", imageInMirrors: readonly string[]): Promise<string> {
    if (imageInMirrors.length === 0) return image;
    return (await findImage(engine, image, imageInMirrors))?.name ?? image;
}

async function boot(
    { container, seconds, isStateNew }: StepOf<"boot">,
    engine: Engine,
    run: NodeRun,
    { warn, signal }: Applying,
): Promise<void> {
    const alike = JSON.stringify(run.node.desired?.settings ?? container);
    const booted = await bootBuildkit(engine, container, { timeout: seconds, signal, alike }).catch((error: Error) => {
        if (!(error instanceof BootTimeoutError)) throw error;
        const advice = `If BuildKit needs more than ${seconds} s to boot, increase bootTimeout`;
        throw new Error(`${error.message}\n${advice}`, { cause: error });
    });
    run.workers = booted;
    for (const text of await warningsAfterBoot(engine, container, booted, alike)) await warn(text);
    const recorded = untilAborted(recordVersion(engine, container, booted.version, isStateNew), signal);
    const newer = await recorded.catch(() => undefined); // a failure to record the version does not fail the boot
    if (newer === undefined) return;
    await warn(
        `BuildKit ${booted.version} in ${container} uses a state that BuildKit ${newer} wrote. BuildKit does not guarantee ` +
            "that an older version can use such a state. If builds fail, use the newer image again, or another state",
    );
}

async function updateLimits({ container, limits }: StepOf<"updateLimits">, engine: Engine): Promise<void> {
    try {
        await engine.api.getContainer(container).update(limitUpdate(limits));
    } catch (error) {
        throw failedCall(`${container} cannot be updated`, engine, error);
    }
}
