import { strict as assert } from "node:assert";
import { OtherLoad, OtherProcesses, type Process } from "../../bench/support/otherLoad";

/** Returns a process with a tick. */
const entry = (pid: number, parent: number, name = "node"): [number, Process] => [
    pid,
    { key: `${pid} 0`, parent, name, ticks: 1 },
];

describe("the load of other programs", () => {
    const bench = entry(10, 5);
    const child = entry(11, 10);
    const engine = [entry(20, 1, "dockerd"), entry(21, 1, "containerd-shim"), entry(22, 21, "buildkitd")];
    const others = [entry(1, 0, "init"), entry(5, 1, "bash"), entry(30, 1, "tsc"), entry(31, 5, "tsc")];

    it("is the time of processes that are not the bench's and not an engine's", () => {
        const all = new Map([bench, child, ...engine, ...others]);
        assert.equal(new OtherProcesses(10).ticks(all), 3); // not of init, which gets the time of all orphans
    });

    it("has no time of a process of the bench whose parent has ended", () => {
        const found = new OtherProcesses(10);
        const grandchild = (parent: number) => entry(12, parent);
        assert.equal(found.ticks(new Map([bench, child, grandchild(11)])), 0);
        assert.equal(found.ticks(new Map([bench, grandchild(1)])), 0);
        assert.equal(new OtherProcesses(10).ticks(new Map([bench, grandchild(1)])), 1);
    });

    it("is a share of all processors", async function () {
        if (process.platform !== "linux") this.skip();
        const { result, share = -1 } = await new OtherLoad().during(
            () => new Promise((resolve) => setTimeout(() => resolve("done"), 600)),
        );
        assert.equal(result, "done");
        assert.ok(share >= 0 && share <= 1.05, `${share}`);
    });
});
