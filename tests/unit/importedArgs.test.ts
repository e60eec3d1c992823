import { strict as assert } from "node:assert";
import { argumentsOfRecord, ownFlags, type RecordedNode } from "../../provider/resources/docker-container/importedArgs";
import { fromStoredDriverOptions, toStoredDriverOptions } from "../../provider/resources/docker-container/record";

const networkHost = "--allow-insecure-entitlement=network.host";

const node = (name: string, more: Partial<RecordedNode> = {}): RecordedNode => ({
    name,
    endpoint: undefined,
    platforms: [],
    options: {},
    flags: [networkHost],
    files: {},
    ...more,
});

describe("the arguments of a builder in buildx's record", () => {
    it("have nodes only if one node with its default name is not enough", async () => {
        const args = async (...nodes: RecordedNode[]) => (await argumentsOfRecord("ci", nodes)).args;
        assert.deepEqual(await args(node("ci0")), { name: "ci" });
        assert.deepEqual(await args(node("farm", { endpoint: "arm" })), {
            name: "ci",
            nodes: [{ name: "farm", endpoint: "arm" }],
        });
        const arm = { endpoint: "arm" };
        assert.deepEqual(await args(node("ci0"), node("ci1", arm)), { name: "ci", nodes: [{}, arm] });
        // A second node without an endpoint would get the number of the first.
        assert.deepEqual(await args(node("ci0", arm), node("ci1")), {
            name: "ci",
            nodes: [{ name: "ci0", ...arm }, { name: "ci1" }],
        });
    });

    it("have the flags without the one that buildx adds", () => {
        assert.deepEqual(ownFlags([networkHost], undefined, {}), []);
        assert.deepEqual(ownFlags(["--debug", networkHost], undefined, {}), ["--debug"]);
        const own = ["--allow-insecure-entitlement=security.insecure"];
        assert.deepEqual(ownFlags(own, undefined, {}), own);
        assert.deepEqual(ownFlags([...own, networkHost], "host", {}), own);
        assert.deepEqual(ownFlags([...own, networkHost], undefined, {}), [...own, networkHost]);
        assert.deepEqual(ownFlags([networkHost], undefined, { networkHost: true }), [networkHost]);
        assert.deepEqual(ownFlags([], undefined, { networkHost: true }), []);
    });

    it("have the driver options with their types, and without options that this package does not have", () => {
        const options = { memory: "512m", cpuQuota: 50000, defaultLoad: true, env: { A: "1", B: "true" } };
        const stored = { ...toStoredDriverOptions(options), "no-such-option": "1" };
        assert.deepEqual(fromStoredDriverOptions(stored), { options, unsupported: ["no-such-option"] });
        assert.deepEqual(fromStoredDriverOptions({ "provenance-add-gha": "0" }).options, { provenanceAddGha: false });
        assert.deepEqual(fromStoredDriverOptions(null), { options: {}, unsupported: [] });
    });
});
