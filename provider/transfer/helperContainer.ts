/**
 * The helper: the container that copies a state. It has the volume, GNU tar, the capabilities that overlay's attributes
 * and whiteouts require, and no network.
 *
 * A helper has the name of its volume, so each volume has at most one helper at a time. Labels record the program that
 * created it. If that program is killed, the next program finds and removes its helper.
 */
import { addAbortSignal, type Duplex, type Readable } from "node:stream";
import type { ContainerCreateOptions } from "dockerode";
import { ContainerExistsError, createContainer, removeContainer, startContainer } from "../docker/engine/container";
import { failedCall } from "../docker/engine/engine";
import { inspectImage } from "../docker/engine/image";
import { pullImage } from "../docker/engine/pull";
import { freed, stdoutOf } from "../streams";
import { untilAborted } from "../waiting";
import type { NamedPipe } from "./pipe";
import { exitCodes, pipe as pipeInHelper, withoutReports } from "./scripts";
import { type CopiedVolume, helperName, runnerLabel, currentProcess, stopsLabel, waitForCopy } from "./waitForCopy";

/** The default image. Debian publishes it, and it has every command that the scripts run. */
export const defaultImage = "debian:stable-slim";

/** The context of a copy. */
export interface Copying extends CopiedVolume {
    /** The image of the helper. */
    readonly image: string;
}

export interface HelperOptions {
    readonly script: string;
    /** The container that is stopped during the copy, and started again after it. */
    readonly stops?: string;
    /** A volume that the script reads at `/from`. */
    readonly from?: string;
    /** Whether the script reads its standard input. */
    readonly hasInput?: boolean;
    /** The pipe to mount. If the engine refuses the mount, the helper is created without the pipe. */
    readonly pipe?: NamedPipe | undefined;
}

/** How many characters of a helper's error output are kept. */
const keptErrors = 4096;

export async function ensureHelperImage({ engine, image, ...waiting }: Copying): Promise<void> {
    if ((await inspectImage(engine, image)) !== undefined) return;
    await pullImage(engine, { image }, waiting);
}

/** Creates the helper, after the helper of any other program is removed. Returns its name. */
export async function createHelper(copying: Copying, options: HelperOptions): Promise<string> {
    const { engine, volume, image, signal } = copying;
    const name = helperName(volume);
    let { pipe } = options;
    for (;;) {
        await waitForCopy(copying);
        signal.throwIfAborted();
        try {
            await createContainer(engine, settings(copying, { ...options, pipe }));
            return name;
        } catch (error) {
            if (error instanceof ContainerExistsError) continue;
            if (pipe === undefined)
                throw failedCall(`helper container ${name} cannot be created from image ${image}`, engine, error);
            pipe = undefined; // the engine's host may not have the folder
        }
    }
}

function settings({ volume, image }: Copying, options: HelperOptions): ContainerCreateOptions {
    const { script, stops, from, hasInput = false, pipe } = options;
    return {
        name: helperName(volume),
        Image: image,
        Entrypoint: ["sh", "-c"],
        Cmd: [script],
        Labels: { [runnerLabel]: currentProcess(), ...(stops && { [stopsLabel]: stops }) },
        NetworkDisabled: true,
        ...(hasInput && { OpenStdin: true, StdinOnce: true, AttachStdin: true }),
        ...(pipe && { Env: [`${pipeInHelper.kernel}=${pipe.kernel}`] }),
        HostConfig: {
            NetworkMode: "none",
            Mounts: [
                { Type: "volume", Source: volume, Target: "/state" },
                ...(from ? [{ Type: "volume" as const, Source: from, Target: "/from" }] : []),
                // A mount, unlike a bind, fails if the engine's host does not have the folder.
                ...(pipe ? [{ Type: "bind" as const, Source: pipe.folder, Target: pipeInHelper.folder }] : []),
            ],
            // For trusted.* attributes, whiteouts, file capabilities, and files that root does not own.
            CapAdd: ["SYS_ADMIN", "MKNOD", "SETFCAP", "DAC_OVERRIDE", "DAC_READ_SEARCH", "CHOWN", "FOWNER", "FSETID"],
            SecurityOpt: ["label=disable"], // with SELinux, the volume has another container's label
            UsernsMode: "host", // the same as the builder
            LogConfig: { Type: "none", Config: {} }, // otherwise the engine writes the state into its log
        },
    };
}

/** Runs a script in a helper and returns its standard output. */
export async function runHelper(copying: Copying, script: string, options: { from?: string } = {}): Promise<string> {
    const name = await createHelper(copying, { script, ...options });
    try {
        const helper = await startWithOutput(copying, name);
        let output = "";
        for await (const part of helper.output) output += part.toString("utf8");
        await helper.ended();
        return output;
    } finally {
        await removeContainer(copying.engine, name);
    }
}

export interface RunningHelper {
    /** Its standard output. Each part is valid until the next part is requested. */
    readonly output: AsyncGenerator<Buffer, void, undefined>;
    /** Waits until it ends. @throws {Error} with its error output, if its exit code is not 0. */
    ended(): Promise<void>;
    /** Kills it if it still runs, because it holds the lock that a builder needs. */
    stop(): Promise<void>;
}

const outputs = { stream: true, stdout: true, stderr: true };

/** Starts a helper. It blocks when it writes faster than its output is read. */
export const startWithOutput = async (
    copying: Copying,
    name: string,
    onStderr?: (text: string) => void,
): Promise<RunningHelper> =>
    start(
        copying,
        name,
        (await copying.engine.api.getContainer(name).attach(outputs)) as unknown as Readable,
        onStderr,
    );

/** Starts a helper that reads `input`. The connection is upgraded to a stream of bytes (`Upgrade: tcp`). */
export async function startWithInput(copying: Copying, name: string): Promise<RunningHelper & { input: Duplex }> {
    const streams = { ...outputs, stdin: true, hijack: true };
    const input = (await copying.engine.api.getContainer(name).attach(streams)) as unknown as Duplex;
    return { ...(await start(copying, name, input)), input };
}

async function start(
    { engine, volume, image, signal }: Copying,
    name: string,
    frames: Readable,
    onStderr: (text: string) => void = () => {},
): Promise<RunningHelper> {
    frames.on("error", () => {}); // the reader of the output receives the error
    try {
        signal.throwIfAborted();
        addAbortSignal(signal, frames);
        await startContainer(engine, name).catch((error: unknown) => {
            throw failedCall(`helper container ${name} cannot be started from image ${image}`, engine, error);
        });
    } catch (error) {
        frames.destroy();
        throw error;
    }
    let errorOutput = "";
    const output = stdoutOf(freed(frames), (part) => {
        const text = part.toString("utf8");
        errorOutput = (errorOutput + text).slice(-keptErrors);
        onStderr(text);
    });
    const { host } = engine.endpoint;
    const ended = async () => {
        const end = untilAborted(engine.api.getContainer(name).wait({ abortSignal: signal }), signal);
        const { StatusCode: code } = (await end) as { StatusCode: number };
        signal.throwIfAborted();
        if (code === 0) return;
        if (code === exitCodes.locked)
            throw new Error(
                `a volume of helper container ${name} on ${host} is in use by a buildkitd. Stop that buildkitd first`,
            );
        if (code === exitCodes.full) {
            throw new Error(
                `no space left for volume ${volume} on ${host}. Move the state to another disk with volumeDriverOpts, ` +
                    `or free space, for example with docker builder prune. Show the disk usage with: docker system df`,
            );
        }
        const reason = withoutReports(errorOutput).trim() || "no error output";
        throw new Error(`helper container ${name} on ${host} failed with exit code ${code}: ${reason}`);
    };
    const stop = async () => {
        frames.destroy();
        await engine.api
            .getContainer(name)
            .kill()
            .catch(() => {}); // it has already ended
    };
    return { output, ended, stop };
}
