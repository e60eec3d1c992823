/**
 * The process that copies a state. It runs the task that its parent process sends, and ends with the parent. If the
 * parent is killed, this process stops the copy cleanly and starts the builder again.
 */
import { connect } from "../docker/engine/engine";
import type { Ask, Tell } from "./ownProcess";
import { restoreState } from "./restore";
import { type Reporting, writeArchive } from "./write";

const stopping = new AbortController();

const reporting: Reporting = {
    report: (text) => tell({ report: text }),
    warn: (text) => tell({ warn: text }),
    onProgress: (progress) => tell({ progress }),
    signal: stopping.signal,
};

process.on("message", (ask: Ask) => {
    if ("stop" in ask) stopping.abort(new Error(ask.stop));
    else void copy(ask);
});
process.on("disconnect", () => stopping.abort(new Error("the process that it is done for has ended")));
for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));

async function copy({ endpoint, task }: Exclude<Ask, { stop: string }>): Promise<void> {
    try {
        const engine = await connect(endpoint);
        if (task.do === "archive") tell({ done: await writeArchive(engine, task.request, reporting) });
        else tell({ done: await restoreState(engine, task.volume, task.request, reporting) });
    } catch (error) {
        tell({ failed: (error as Error).message });
    }
}

function tell(what: Tell): void {
    if (process.connected) process.send?.(what);
}
