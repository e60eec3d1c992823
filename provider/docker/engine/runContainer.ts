import type { ContainerCreateOptions } from "dockerode";
import { ContainerExistsError, createContainer, inspectContainer, removeContainer, startContainer } from "./container";
import type { ExecResult } from "../../execResult";
import { untilAborted } from "../../waiting";
import { type Engine, failedCall } from "./engine";
import { type Owner, ownerOf, sameOwner } from "../../ownership";
import { demultiplex } from "../../streams";

/**
 * Runs a container, waits until it exits, and removes it, even if it fails.
 *
 * @param owner the owner of the container. If a container of the same name and owner exists, it is removed first: it is
 *   left from an interrupted run.
 * @param seconds the timeout.
 * @param signal ends the wait before the timeout and removes the container.
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
    // This log driver's logs can be read, which is not true of every default driver of an engine.
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
        throw new Error(`it did not exit within ${seconds} s`, { cause: error });
    }
}
