import type { ContainerCreateOptions } from "dockerode";
import { ContainerExistsError, createContainer, inspectContainer, removeContainer, startContainer } from "./container";
import type { ExecResult } from "../execResult";
import { untilAborted } from "../waiting";
import { type Engine, failedCall } from "./engine";
import { type Owner, ownerOf, sameOwner } from "./ownership";
import { demultiplex } from "./streams";

/**
 * Runs a container to its end and removes it, whatever becomes of it.
 *
 * @param owner whose the name is: what carries it already and is theirs was cut off, and goes.
 * @param seconds after which it is given up.
 * @param signal ends it before that.
 */
export async function runContainer(
    engine: Engine,
    options: ContainerCreateOptions & { readonly name: string },
    owner: Owner,
    seconds: number,
    signal?: AbortSignal,
): Promise<ExecResult> {
    signal?.throwIfAborted();
    const { name, HostConfig } = options;
    const old = await inspectContainer(engine, name);
    if (old && sameOwner(ownerOf(old.Config.Labels), owner)) await removeContainer(engine, name);
    // A log that can be read again, whatever the engine's own driver is.
    const LogConfig = { Type: "json-file", Config: {} };
    let isForeign = false;
    try {
        await createContainer(engine, { ...options, HostConfig: { ...HostConfig, LogConfig } });
        await startContainer(engine, name);
        const exitCode = await waitForEnd(engine, name, seconds, signal);
        const log = await engine.api.getContainer(name).logs({ stdout: true, stderr: true });
        return { exitCode, stdout: demultiplex(log, "stdout"), stderr: demultiplex(log, "stderr") };
    } catch (error) {
        isForeign = error instanceof ContainerExistsError;
        signal?.throwIfAborted();
        throw failedCall(`a container of image ${options.Image} cannot be run`, engine, error);
    } finally {
        if (!isForeign) await removeContainer(engine, name);
    }
}

async function waitForEnd(
    { api }: Engine,
    name: string,
    seconds: number,
    signal: AbortSignal | undefined,
): Promise<number> {
    const timeout = AbortSignal.timeout(seconds * 1000);
    const abortSignal = AbortSignal.any([timeout, ...(signal ? [signal] : [])]);
    try {
        const ended = untilAborted(api.getContainer(name).wait({ abortSignal }), signal);
        const { StatusCode: code } = (await ended) as { StatusCode: number };
        return code;
    } catch (error) {
        if (!timeout.aborted) throw error;
        throw new Error(`it did not end within ${seconds} s`, { cause: error });
    }
}
