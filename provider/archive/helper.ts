/**
 * The container that copies a state: it has the volume, GNU tar, the capabilities that overlay's attributes and whiteouts
 * take, and no network. There is one at a time for each volume, since it is named after it, and it tells who made it: one
 * that a killed program left behind is found and cleared by the next.
 */
import { hostname } from "node:os";
import { addAbortSignal, type Duplex, type Readable } from "node:stream";
import type { ContainerInspectInfo } from "dockerode";
import {
    ContainerExistsError,
    createContainer,
    inspectContainer,
    removeContainer,
    startContainer,
} from "../docker/container";
import { type Engine, failedCall, ifNotFound } from "../docker/engine";
import { inspectImage } from "../docker/image";
import { pullImage } from "../docker/pull";
import { freed, stdoutOf } from "../docker/streams";
import { pause, untilAborted, type Waiting } from "../waiting";
import { exitCodes } from "./scripts";

/** Published by Debian, with all that the scripts run. */
export const defaultImage = "debian:stable-slim";

/** What the copying of a state goes by. */
export interface Copying extends Waiting {
    readonly engine: Engine;
    readonly volume: string;
    /** The helper's image. */
    readonly image: string;
}

export interface HelperOptions {
    readonly script: string;
    /** The container that is stopped for it, and started again after it. */
    readonly stops?: string;
    /** A volume that the script reads at `/from`. */
    readonly from?: string;
    /** The script reads its standard input. */
    readonly hasInput?: boolean;
}

export const helperName = (volume: string): string => `${volume}_copy`;

const runnerLabel = "io.github.pulumi-buildx.copied-by";
const stopsLabel = "io.github.pulumi-buildx.stopped-for-copy";

/** Who runs the copying: a host and a process on it. */
const self = (): string => `${hostname()}/${process.pid}`;

/** Of what a helper says is wrong, how much is kept. */
const keptErrors = 4096;

/** Between two looks at someone else's helper, in milliseconds. */
const untilNextLook = 500;

/** How long a helper that ended is left to whoever made it, in milliseconds. */
const grace = 10_000;

export async function ensureHelperImage({ engine, image, ...waiting }: Copying): Promise<void> {
    if ((await inspectImage(engine, image)) !== undefined) return;
    await pullImage(engine, { image }, waiting);
}

/** Makes the helper, once nobody else's is there. */
export async function makeHelper(copying: Copying, options: HelperOptions): Promise<string> {
    const { engine, volume, image, signal } = copying;
    const name = helperName(volume);
    const { script, stops, from, hasInput = false } = options;
    for (;;) {
        await waitForCopy(copying);
        signal.throwIfAborted();
        try {
            await createContainer(engine, {
                name,
                Image: image,
                Entrypoint: ["sh", "-c"],
                Cmd: [script],
                Labels: { [runnerLabel]: self(), ...(stops && { [stopsLabel]: stops }) },
                NetworkDisabled: true,
                ...(hasInput && { OpenStdin: true, StdinOnce: true, AttachStdin: true }),
                HostConfig: {
                    NetworkMode: "none",
                    Mounts: [
                        { Type: "volume", Source: volume, Target: "/state" },
                        ...(from ? [{ Type: "volume" as const, Source: from, Target: "/from" }] : []),
                    ],
                    // For trusted.* attributes, whiteouts, files' capabilities, and files that are not root's.
                    CapAdd: [
                        "SYS_ADMIN",
                        "MKNOD",
                        "SETFCAP",
                        "DAC_OVERRIDE",
                        "DAC_READ_SEARCH",
                        "CHOWN",
                        "FOWNER",
                        "FSETID",
                    ],
                    SecurityOpt: ["label=disable"], // a volume of another container's, where there is SELinux
                    UsernsMode: "host", // as the builder itself
                    LogConfig: { Type: "none", Config: {} }, // or the engine would write the state into its log
                },
            });
            return name;
        } catch (error) {
            if (error instanceof ContainerExistsError) continue;
            throw failedCall(`helper container ${name} cannot be made of image ${image}`, engine, error);
        }
    }
}

/** Waits while another program copies a volume, and clears what a killed one left: either way its builder is started. */
export async function waitForCopy({ engine, volume, report, signal }: Omit<Copying, "image">): Promise<void> {
    let endedAt: number | undefined;
    for (let attempt = 0; ; attempt++) {
        const found = await untilAborted(inspectContainer(engine, helperName(volume)), signal);
        if (found === undefined) return;
        if (!isActive(found)) endedAt ??= performance.now();
        const isLeft = isAbandoned(found) || (endedAt !== undefined && performance.now() - endedAt > grace);
        if (isLeft) return clear(engine, found);
        if (attempt === 0)
            report(`waiting for container ${helperName(volume)}, which another program copies the volume with`);
        await pause(untilNextLook, signal);
    }
}

/** Clears what a killed program left behind at a volume, if it did. */
export async function clearAbandoned(engine: Engine, volume: string): Promise<void> {
    const found = await inspectContainer(engine, helperName(volume));
    if (found !== undefined && isAbandoned(found)) await clear(engine, found);
}

const isActive = ({ State: { Status: status } }: ContainerInspectInfo) => status === "created" || status === "running";

/** Whether the program that made it ran on this host, and is gone. One of another host is looked at by its helper alone. */
function isAbandoned({ Config: { Labels: labels } }: ContainerInspectInfo): boolean {
    const [host, pid] = (labels[runnerLabel] ?? "").split("/");
    return host === hostname() && !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as NodeJS.ErrnoException).code !== "ESRCH";
    }
}

/** The builder comes first: as long as the helper is there, the next program knows that it has to be started. */
async function clear(engine: Engine, { Id: id, Config: { Labels: labels } }: ContainerInspectInfo): Promise<void> {
    const stopped = labels[stopsLabel];
    // It may hold the lock that the builder asks for.
    await engine.api
        .getContainer(id)
        .kill()
        .catch(() => {});
    if (stopped) await startContainer(engine, stopped).catch(ifNotFound);
    await removeContainer(engine, id);
}

/** Runs a script to its end, and gives what it prints. */
export async function runHelper(copying: Copying, script: string, options: { from?: string } = {}): Promise<string> {
    const name = await makeHelper(copying, { script, ...options });
    try {
        const helper = await startWithOutput(copying, name);
        let said = "";
        for await (const part of helper.output) said += part.toString("utf8");
        await helper.ended();
        return said;
    } finally {
        await removeContainer(copying.engine, name);
    }
}

export interface RunningHelper {
    /** What it writes; each part is there until the next is asked for. */
    readonly output: AsyncGenerator<Buffer, void, undefined>;
    /** Waits for its end; throws, with what it said, where it did not end well. */
    ended(): Promise<void>;
    /** Ends it at once, if it has not ended: as long as it runs it holds the lock that a builder asks for. */
    stop(): Promise<void>;
}

const outputs = { stream: true, stdout: true, stderr: true };

/** Starts a helper. It waits with what it writes until that is read. */
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

/** Starts a helper that reads `input`, for which the connection is made one of bytes (`Upgrade: tcp`). */
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
    frames.on("error", () => {}); // told to whoever reads it
    try {
        signal.throwIfAborted();
        addAbortSignal(signal, frames);
        await startContainer(engine, name).catch((error: unknown) => {
            throw failedCall(`helper container ${name} cannot be started of image ${image}`, engine, error);
        });
    } catch (error) {
        frames.destroy();
        throw error;
    }
    let said = "";
    const output = stdoutOf(freed(frames), (part) => {
        const text = part.toString("utf8");
        said = (said + text).slice(-keptErrors);
        onStderr(text);
    });
    const ended = async () => {
        const end = untilAborted(engine.api.getContainer(name).wait({ abortSignal: signal }), signal);
        const { StatusCode: code } = (await end) as { StatusCode: number };
        signal.throwIfAborted();
        if (code === 0) return;
        if (code === exitCodes.locked)
            throw new Error(`a buildkitd works on the volume of ${name} on ${engine.endpoint.host}: stop it first`);
        if (code === exitCodes.full) {
            throw new Error(
                `there is no space left for volume ${volume} on ${engine.endpoint.host}: free some, as with docker system df ` +
                    `and docker builder prune, or give the state another place with volumeDriverOpts`,
            );
        }
        throw new Error(`${name} on ${engine.endpoint.host} ended with ${code}: ${said.trim() || "it said nothing"}`);
    };
    const stop = async () => {
        frames.destroy();
        await engine.api
            .getContainer(name)
            .kill()
            .catch(() => {}); // it has ended
    };
    return { output, ended, stop };
}
