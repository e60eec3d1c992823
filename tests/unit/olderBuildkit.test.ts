import { strict as assert } from "node:assert";
import { gcPolicy } from "../../provider/buildkit/gc";
import { withKeepBytes } from "../../provider/buildkit/keepBytes";
import { limitsOfOlder, whyTooOld } from "../../provider/buildkit/version";

describe("a rule of garbage collection for any BuildKit", () => {
    for (const [rule, written] of [
        [{ maxUsedSpace: "20GB" }, { maxUsedSpace: "20GB", keepBytes: 20 * 1024 ** 3 }],
        [
            { maxUsedSpace: 5, reservedSpace: "1k" },
            { maxUsedSpace: 5, reservedSpace: "1k", keepBytes: 5 },
        ],
        [{ reservedSpace: "10%" }, { reservedSpace: "10%", keepBytes: "10%" }],
        [{ minFreeSpace: "20%" }, { minFreeSpace: "20%", keepBytes: "10%", reservedSpace: 1 }],
        [
            { maxUsedSpace: "1k", minFreeSpace: "20%" },
            { maxUsedSpace: "1k", minFreeSpace: "20%", keepBytes: 1024, reservedSpace: 1 },
        ],
        [{ maxUsedSpace: 0, reservedSpace: "0%", minFreeSpace: "0" }, {}],
        [{ keepDuration: "48h", all: true }, { keepDuration: 172800 }],
        [{ keepDuration: "1500ms" }, { keepDuration: "1500ms" }],
    ] as const) {
        it(`is ${JSON.stringify(rule)} with what an older one needs`, () =>
            assert.deepEqual(withKeepBytes(rule), { ...rule, ...written }));
    }

    it("has a bound wherever the policy has one", () => {
        for (const gc of [{ maxUsedSpace: "9GB" }, { minFreeSpace: "9GB" }, { keepDuration: "7d" }, [{ all: true }]]) {
            const last = withKeepBytes(gcPolicy(gc).at(-1) ?? {});
            assert.ok("keepBytes" in last, JSON.stringify(gc));
        }
    });
});

describe("an older BuildKit", () => {
    const limits = (version: string, isUnbounded = false) =>
        limitsOfOlder({ version, isUnbounded }).map((limit) => /v0\.\d+/.exec(limit)?.[0]);

    it("is told of by what it cannot do", () => {
        assert.deepEqual(limits("v0.34.2", true), []);
        assert.deepEqual(limits("v0.16.0"), []);
        assert.deepEqual(limits("v0.16.0", true), ["v0.17"]);
        assert.deepEqual(limits("v0.11.6", true), ["v0.12", "v0.17"]);
        assert.deepEqual(limits(""), ["v0.12"]);
        assert.deepEqual(limits("v1.0.0"), []);
        assert.deepEqual(limits("0.0.0+unknown"), []);
    });

    it("that cannot be asked is known by what buildctl prints", () => {
        assert.match(whyTooOld("Incorrect Usage: flag provided but not defined: -format") ?? "", /older than v0.10/);
        assert.equal(whyTooOld("connection refused"), undefined);
    });
});
