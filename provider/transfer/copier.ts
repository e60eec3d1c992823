/**
 * The process that copies a state. It runs the task that its parent process sends, and ends with the parent. If the
 * parent is killed, this process stops the copy cleanly and starts the builder again.
 */
import { connect } from "../docker/engine/engine";
import type { CopierMessage, CopierRequest } from "./ownProcess";
import { restoreState } from "./restore";
import { type Reporting, writeArchive } from "./write";

const stopping = new AbortController();

const reporting: Reporting = {
    report: (text) => send({ report: text }),
    warn: (text) => send({ warn: text }),
    onProgress: (progress) => send({ progress }),
    signal: stopping.signal,
};

process.on("message", (request: CopierRequest) => {
    if ("stop" in request) stopping.abort(new Error(request.stop));
    else void copy(request);
});
process.on("disconnect", () => stopping.abort(new Error("the program that started the copy has exited")));
process.stderr.on("error", () => {}); // the parent, which reads it, was killed
for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => stopping.abort(new Error(`canceled by ${signal}`)));

async function copy({ endpoint, task }: Exclude<CopierRequest, { stop: string }>): Promise<void> {
    try {
        const engine = await connect(endpoint);
        if (task.do === "archive") send({ done: await writeArchive(engine, task.request, reporting) });
        else send({ done: await restoreState(engine, task.volume, task.request, reporting) });
    } catch (error) {
        send({ failed: (error as Error).message });
    }
}

/**
 * Sends a message to the parent process. If the parent was killed, the message can fail before `disconnect` is emitted.
 * Without a callback, Node.js would throw that failure, and this process would end before it starts the builder again.
 */
function send(message: CopierMessage): void {
    if (process.connected) process.send?.(message, () => {});
}
