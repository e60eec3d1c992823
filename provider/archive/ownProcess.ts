/**
 * Copies a state in a process of its own. What is copied goes through buffers that Node.js frees in its own time, on top of
 * whatever the program holds already, as Pulumi's SDK; a process with nothing else in it stays small, and gives back all.
 */
import { type ChildProcess, fork } from "node:child_process";
import type { Endpoint } from "../docker/endpoint";
import type { Engine } from "../docker/engine";
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
    | { readonly progress: Progress }
    | { readonly done: unknown }
    | { readonly failed: string };

/** `writeArchive` in a process of its own. */
export const archiveInOwnProcess = (engine: Engine, request: ArchiveRequest, to: Reporting): Promise<ArchiveResult> =>
    run(engine, { do: "archive", request }, to) as Promise<ArchiveResult>;

/** `restoreState` in a process of its own. */
export async function restoreInOwnProcess(
    engine: Engine,
    volume: string,
    request: RestoreRequest,
    to: Reporting,
): Promise<void> {
    await run(engine, { do: "restore", volume, request }, to);
}

/** Of what a process says before it breaks, how much is kept. */
const keptWords = 2000;

async function run({ endpoint }: Engine, task: Task, { report, onProgress, signal }: Reporting): Promise<unknown> {
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
        ask(copier, { endpoint, task });
        return await answered(copier, { report, onProgress });
    } catch (error) {
        signal.throwIfAborted();
        throw error;
    } finally {
        signal.removeEventListener("abort", stop);
        if (copier.connected) copier.disconnect();
    }
}

/** A process that has ended meanwhile tells why itself. */
const ask = (copier: ChildProcess, what: Ask): unknown => copier.connected && copier.send(what, () => {});

function answered(copier: ChildProcess, to: Pick<Reporting, "report" | "onProgress">): Promise<unknown> {
    let said = "";
    copier.stderr?.on("data", (part: Buffer) => (said = (said + part.toString("utf8")).slice(-keptWords)));
    return new Promise((resolve, reject) => {
        copier.on("message", (told: Tell) => {
            if ("report" in told) to.report(told.report);
            else if ("progress" in told) to.onProgress(told.progress);
            else if ("done" in told) resolve(told.done);
            else reject(new Error(told.failed));
        });
        copier.once("error", reject);
        copier.once("close", (code, signal) =>
            reject(new Error(`the copying process ended with ${signal ?? code}: ${said.trim() || "it said nothing"}`)),
        );
    });
}
