/**
 * Copies a state in a separate process. Node.js frees the buffers of the copy late, in addition to the memory that the
 * program already uses, for example for Pulumi's SDK. A separate process stays small, and frees everything at its end.
 */
import { type ChildProcess, fork } from "node:child_process";
import { volumeName } from "../buildx/names";
import type { Endpoint } from "../docker/endpoint/endpoint";
import type { Engine } from "../docker/engine/engine";
import { clearAbandoned } from "./waitForCopy";
import type { Progress } from "./progress";
import type { RestoreRequest } from "./restore";
import type { ArchiveResult } from "./result";
import type { ArchiveRequest, Reporting } from "./write";

type Task =
    | { readonly do: "archive"; readonly request: ArchiveRequest }
    | { readonly do: "restore"; readonly volume: string; readonly request: RestoreRequest };

/** A message to the copying process. The first message is the task. */
export type Ask = { readonly endpoint: Endpoint; readonly task: Task } | { readonly stop: string };

/** A message from the copying process. The last message is `done` or `failed`. */
export type Tell =
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

/** How many characters of the copying process's error output are kept. */
const keptWords = 2000;

/** Thrown if the copying process ended without a result. */
class EndedError extends Error {}

/**
 * Runs a task in a copying process. If that process ends without a result, what it left behind is removed.
 *
 * @param volume the volume that the task works on.
 */
async function run(engine: Engine, volume: string, task: Task, { signal, ...to }: Reporting): Promise<unknown> {
    signal.throwIfAborted();
    // Keys and passwords are sent through the IPC channel, not through arguments or the environment.
    const copier = fork(require.resolve("./copier"), {
        execArgv: [],
        serialization: "advanced",
        stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const stop = () => ask(copier, { stop: (signal.reason as Error).message });
    signal.addEventListener("abort", stop);
    try {
        ask(copier, { endpoint: engine.endpoint, task });
        return await answered(copier, to);
    } catch (error) {
        if (error instanceof EndedError) await clearAbandoned(engine, volume).catch(() => {}); // the next copy does it
        signal.throwIfAborted();
        throw error;
    } finally {
        signal.removeEventListener("abort", stop);
        if (copier.connected) copier.disconnect();
    }
}

/** Sends a message to the copying process. If that process has already ended, its `close` event reports the reason. */
const ask = (copier: ChildProcess, what: Ask): unknown => copier.connected && copier.send(what, () => {});

function answered(copier: ChildProcess, to: Omit<Reporting, "signal">): Promise<unknown> {
    let said = "";
    copier.stderr?.on("data", (part: Buffer) => (said = (said + part.toString("utf8")).slice(-keptWords)));
    return new Promise((resolve, reject) => {
        copier.on("message", (told: Tell) => {
            if ("report" in told) to.report(told.report);
            else if ("warn" in told) (to.warn ?? to.report)(told.warn);
            else if ("progress" in told) to.onProgress(told.progress);
            else if ("done" in told) resolve(told.done);
            else reject(new Error(told.failed));
        });
        copier.once("error", reject);
        copier.once("close", (code, signal) =>
            reject(
                new EndedError(`the copying process ended with ${signal ?? code}: ${said.trim() || "it said nothing"}`),
            ),
        );
    });
}
