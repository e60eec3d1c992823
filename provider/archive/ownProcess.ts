/**
 * Copies a state in a process of its own. What is copied goes through buffers that Node.js frees in its own time, on top of
 * whatever the program holds already, as Pulumi's SDK; a process with nothing else in it stays small, and gives back all.
 */
import { type ChildProcess, fork } from "node:child_process";
import { volumeName } from "../buildx/names";
import type { Endpoint } from "../docker/endpoint";
import type { Engine } from "../docker/engine";
import { clearAbandoned } from "./helper";
import type { Progress } from "./progress";
import type { RestoreRequest } from "./restore";
import type { ArchiveResult } from "./result";
import type { ArchiveRequest, Reporting } from "./write";

type Task =
    | { readonly do: "archive"; readonly request: ArchiveRequest }
    | { readonly do: "restore"; readonly volume: string; readonly request: RestoreRequest };

/** What the copying process is told. The first is the task. */
export type Ask = { readonly endpoint: Endpoint; readonly task: Task } | { readonly stop: string };

/** What it tells. The last is `done` or `failed`. */
export type Tell =
    | { readonly report: string }
    | { readonly warn: string }
    | { readonly progress: Progress }
    | { readonly done: unknown }
    | { readonly failed: string };

/** `writeArchive` in a process of its own. */
export const archiveInOwnProcess = (engine: Engine, request: ArchiveRequest, to: Reporting): Promise<ArchiveResult> =>
    run(engine, volumeName(request.node), { do: "archive", request }, to) as Promise<ArchiveResult>;

/** `restoreState` in a process of its own. */
export async function restoreInOwnProcess(
    engine: Engine,
    volume: string,
    request: RestoreRequest,
    to: Reporting,
): Promise<void> {
    await run(engine, volume, { do: "restore", volume, request }, to);
}

/** Of what a process says before it breaks, how much is kept. */
const keptWords = 2000;

/** Thrown where the copying process ended without an answer. */
class EndedError extends Error {}

/** @param volume that the task works on; what a copying process leaves behind that is killed is cleared. */
async function run(engine: Engine, volume: string, task: Task, { signal, ...to }: Reporting): Promise<unknown> {
    signal.throwIfAborted();
    // Keys and passwords go through the channel between the two, not through arguments or the environment.
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
        if (error instanceof EndedError) await clearAbandoned(engine, volume).catch(() => {}); // the next one does it
        signal.throwIfAborted();
        throw error;
    } finally {
        signal.removeEventListener("abort", stop);
        if (copier.connected) copier.disconnect();
    }
}

/** A process that has ended meanwhile tells why itself. */
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
