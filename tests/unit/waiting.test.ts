import { strict as assert } from "node:assert";
import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { pause, untilAborted } from "../../provider/waiting";

const stopped = new Error("stopped");
const listenersOf = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

describe("a wait", () => {
    it("ends with the signal's own reason, whatever the work does then", async () => {
        const stopping = new AbortController();
        const waits = [
            pause(60_000, stopping.signal),
            untilAborted(new Promise(() => {}), stopping.signal),
            untilAborted(sleep(60_000, undefined, { signal: stopping.signal }), stopping.signal, 60_000),
        ];
        stopping.abort(stopped);
        for (const wait of waits) await assert.rejects(wait, stopped);
        await assert.rejects(pause(60_000, stopping.signal), stopped);
    });

    it("gives the work time to end", async () => {
        const stopping = new AbortController();
        stopping.abort(stopped);
        assert.equal(await untilAborted(sleep(10, "done"), stopping.signal, 1_000), "done");
        const failed = sleep(10).then(() => Promise.reject(new Error("it broke")));
        await assert.rejects(untilAborted(failed, stopping.signal, 1_000), /it broke/);
        await assert.rejects(untilAborted(sleep(1_000), stopping.signal, 10), stopped);
    });

    it("leaves no listener behind, and many at once are no leak", async () => {
        const warnings: Error[] = [];
        const onWarning = (warning: Error) => warnings.push(warning);
        process.on("warning", onWarning);
        const { signal } = new AbortController();
        const waits = Array.from({ length: 100 }, () => pause(20, signal));
        assert.ok(listenersOf(signal) >= 100);
        await Promise.all(waits);
        await assert.rejects(untilAborted(Promise.reject(new Error("it broke")), signal), /it broke/);
        assert.equal(listenersOf(signal), 0);
        await sleep(0); // a warning comes in a later tick
        process.off("warning", onWarning);
        assert.deepEqual(warnings, []);
    });
});
