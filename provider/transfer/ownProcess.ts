/**
 * Copies a state in a separate process. Node.js frees the buffers of the copy late, in addition to the memory that the
 * program already uses, for example for Pulumi's SDK. A separate process stays small, and frees everything at its end.
 */
import { type ChildProcess, fork } from "node:child_process";
import { volumeName } from "../buildx/names";
import type { Endpoint } from "../docker/endpoint/endpoint";
import type { Engine } from "../docker/engine/engine";
import { removeAbandonedPipes } from "./pipe";
import { clearAbandoned } from "./waitForCopy";
import type { Progress } from "./progress";
import type { RestoreRequest } from "./restore";
import type { ArchiveResult } from "./result";
import type { ArchiveRequest, Reporting } from "./write";

type Task =
    | { readonly do: "archive"; readonly request: ArchiveRequest }
    | { readonly do: "restore"; readonly volume: string; readonly request: RestoreRequest };

/** A message to the copy process. The first message is the task. */
export type CopierRequest = { readonly endpoint: Endpoint; readonly task: Task } | { readonly stop: string };

/** A message from the copy process. The last message is `done` or `failed`. */
export type CopierMessage =
    | { readonly report: string }
    | { readonly warn: string }
    | { readonly progress: Progress }
    | { readonly done: unknown }
    | { readonly failed: string };

/** Runs `writeArchive` in a separate process. */
export const archiveInOwnProcess = (engine: Engine, request: ArchiveRequest, to: Reporting): Promise<ArchiveResult> =>
    run(engine, volumeName(request.node), { do: "archive", request }, to) as Promise<ArchiveResult>;

/** Runs `restoreState` in a separate process. */
export async function restoreInOwnProcess(
    engine: Engine,
    volume: string,
    request: RestoreRequest,
    to: Reporting,
): Promise<void> {
    await run(engine, volume, { do: "restore", volume, request }, to);
}

/** How many characters of the copy process's error output are kept. */
const keptErrors = 2000;

/** Thrown if the copy process exited without a result. */
class CopierExitError extends Error {}

/**
 * Runs a task in a copy process. If that process exits without a result, what it left behind is removed.
 *
 * @param volume the volume that the task works on.
 */
async function run(engine: Engine, volume: string, task: Task, { signal, ...to }: Reporting): Promise<unknown> {
    signal.throwIfAborted();
    // Keys and passwords are sent through the IPC channel, not through arguments or the environment.
    const copier = fork(require.resolve("./copier"), {
        execArgv: [],
        // One thread for zstd and one for files. With Node.js' default of 4, zstd changes threads and needs more time.
        env: { ...process.env, UV_THREADPOOL_SIZE: "2" },
        serialization: "advanced",
        stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const stop = () => send(copier, { stop: (signal.reason as Error).message });
    signal.addEventListener("abort", stop);
    try {
        send(copier, { endpoint: engine.endpoint, task });
        return await resultOf(copier, to);
    } catch (error) {
        if (error instanceof CopierExitError) {
            await removeAbandonedPipes();
            await clearAbandoned(engine, volume).catch(() => {}); // the next copy does it
        }
        signal.throwIfAborted();
        throw error;
    } finally {
        signal.removeEventListener("abort", stop);
        if (copier.connected) copier.disconnect();
    }
}

/** Sends a message to the copy process. If that process has already exited, its `close` event reports the reason. */
const send = (copier: ChildProcess, request: CopierRequest): unknown =>
    copier.connected && copier.send(request, () => {});

function resultOf(copier: ChildProcess, to: Omit<Reporting, "signal">): Promise<unknown> {
    let errorOutput = "";
    copier.stderr?.on("data", (part: Buffer) => {
        errorOutput = (errorOutput + part.toString("utf8")).slice(-keptErrors);
    });
    return new Promise((resolve, reject) => {
        copier.on("message", (message: CopierMessage) => {
            if ("report" in message) to.report(message.report);
            else if ("warn" in message) (to.warn ?? to.report)(message.warn);
            else if ("progress" in message) to.onProgress(message.progress);
            else if ("done" in message) resolve(message.done);
            else reject(new Error(message.failed));
        });
        copier.once("error", reject);
        copier.once("close", (code, signal) => {
            const how = signal ?? `exit code ${code}`;
            const reason = errorOutput.trim() || "no error output";
            reject(new CopierExitError(`the copy process ended with ${how}: ${reason}`));
        });
    });
}
