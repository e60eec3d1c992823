import { strict as assert } from "node:assert";
import { comparedArguments as ofArchive } from "../../provider/resources/archive/lifecycle";
import { comparedArguments as ofBuilder } from "../../provider/resources/docker-container/lifecycle";
import { comparedArguments as ofPrune } from "../../provider/resources/prune/lifecycle";
import { changedPaths, keysOf, withReplaceOnChanges } from "../../provider/bridges/dynamic/replaceOnChanges";
import { unknown } from "../../provider/args/unknown";
import { comparedArguments as ofEmulation } from "../../provider/resources/qemu/lifecycle";
import { comparedArguments as ofState } from "../../provider/resources/state/lifecycle";

const changed = (path: string, before: object, after: object) => changedPaths([path], before, after).length > 0;

describe("replaceOnChanges", () => {
    it("reads paths as Pulumi does", () => {
        assert.deepEqual(keysOf("nodes[0].driverOpts.memory"), ["nodes", "0", "driverOpts", "memory"]);
        assert.deepEqual(keysOf('labels["com.example/a"].x'), ["labels", "com.example/a", "x"]);
        assert.deepEqual(keysOf("nodes[*].endpoint"), ["nodes", "*", "endpoint"]);
        assert.deepEqual(keysOf('a["b\\"c"]'), ["a", 'b"c']);
        assert.deepEqual(keysOf("*"), ["*"]);
    });

    it("names the paths that differ, with all that lies below them", () => {
        const before = { driverOpts: { memory: "1g", env: { A: "1" } }, labels: { "a.b": "x" } };
        const after = { driverOpts: { memory: "2g", env: { A: "1" } }, labels: { "a.b": "y" } };
        const paths = ["driverOpts", "driverOpts.memory", "driverOpts.env", 'labels["a.b"]', "labels.a", "gc"];
        assert.deepEqual(changedPaths(paths, before, after), ["driverOpts", "driverOpts.memory", 'labels["a.b"]']);
        assert.deepEqual(changedPaths(undefined, before, after), []);
    });

    it("takes * for each key and each item", () => {
        const [a, b] = [{ endpoint: "a", memory: "1g" }, { endpoint: "b" }];
        const path = "nodes[*].endpoint";
        assert.ok(changed(path, { nodes: [a, b] }, { nodes: [a, { endpoint: "c" }] }));
        assert.ok(!changed(path, { nodes: [a, b] }, { nodes: [{ endpoint: "a" }, b] }));
        assert.ok(!changed(path, { nodes: [a] }, { nodes: [a, b] }), "an added node has no endpoint that changed");
        assert.ok(changed("nodes[*]", { nodes: [a] }, { nodes: [a, b] }));
        assert.ok(changed("labels.*", { labels: { a: "1" } }, { labels: { a: "1", b: "2" } }));
        assert.ok(changed("*", { a: 1 }, { a: 2 }));
        assert.ok(!changed("*", { a: 1, __b: 1 }, { a: 1, __b: 2, __c: 3 }));
    });

    it("takes no value that is not known yet for a change, at whatever depth", () => {
        assert.ok(!changed("labels", { labels: { a: "1" } }, { labels: unknown }));
        assert.ok(!changed("labels.a", { labels: { a: "1" } }, { labels: unknown }));
        assert.ok(!changed("labels", { labels: { a: "1" } }, { labels: { a: unknown } }));
        assert.ok(!changed("nodes[*].endpoint", { nodes: [{ endpoint: "a" }] }, { nodes: unknown }));
        assert.ok(changed("*", { state: { node: "a" }, to: "b" }, { state: { node: unknown }, to: "c" }));
        assert.ok(!changed("*", { state: { node: "a" }, to: "b" }, { state: { node: unknown }, to: "b" }));
        const nodes = [{ endpoint: unknown }, { endpoint: "c" }];
        assert.ok(changed("nodes[*].endpoint", { nodes: [{ endpoint: "a" }, { endpoint: "b" }] }, { nodes }));
    });

    it("adds to what a resource says by itself, and keeps whether the old one goes first", () => {
        const own = { changes: true, replaces: ["name"], deleteBeforeReplace: true };
        const args = { before: { name: "a", use: true }, after: { name: "b", use: false } };
        assert.deepEqual(withReplaceOnChanges(own, ["name", "use"], args), { ...own, replaces: ["name", "use"] });
        const nothing = { changes: false, replaces: [], deleteBeforeReplace: false };
        assert.deepEqual(withReplaceOnChanges(nothing, ["use"], args), {
            changes: true,
            replaces: ["use"],
            deleteBeforeReplace: false,
        });
        assert.equal(withReplaceOnChanges(nothing, ["gc"], args), nothing);
    });

    it("compares arguments with arguments: no output, and no default that was filled in, is a change", () => {
        const __owner = { urn: "urn", store: "s" };
        const all = {
            builder: ofBuilder(
                {
                    name: "ci",
                    endpoint: "docker-container://x",
                    platforms: ["linux/amd64"],
                    nodes: [],
                    __owner,
                } as never,
                { name: "CI" },
            ),
            state: ofState(
                { builderName: "ci", node: "ci0", volumeName: "v", mountpoint: "/", adopted: false, __owner },
                { builderName: "CI" },
            ),
            emulation: ofEmulation({ supported: ["a"], emulators: [], added: [], __owner, __claimed: [] }, {}),
            prune: ofPrune({ builderName: "ci", reclaimed: 1, records: 2 }, { builderName: "ci" }),
            archive: ofArchive({ to: "a", location: "a", sha256: "0", bytes: 1 } as never, { to: "a" }),
        };
        for (const [resource, { before, after }] of Object.entries(all))
            assert.deepEqual(changedPaths(["*"], before, after), [], resource);
    });
});
