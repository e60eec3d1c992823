import { strict as assert } from "node:assert";
import { durationInHours, gcPolicy, hasGc, withGc } from "../../provider/buildkit/gc";

const bounded = ({ maxUsedSpace, minFreeSpace }: { maxUsedSpace?: unknown; minFreeSpace?: unknown }) =>
    maxUsedSpace !== undefined || minFreeSpace !== undefined;

describe("garbage collection", () => {
    it("of one bound is BuildKit's own ladder with that bound", () => {
        assert.deepEqual(gcPolicy({ maxUsedSpace: "20GB" }), [
            {
                filters: ["type==source.local", "type==exec.cachemount", "type==source.git.checkout"],
                keepDuration: "48h",
                maxUsedSpace: "512MB",
            },
            { keepDuration: "1440h", maxUsedSpace: "20GB" },
            { maxUsedSpace: "20GB" },
            { all: true, maxUsedSpace: "20GB" },
        ]);
    });

    it("of a duration alone keeps what was used within it, below a ceiling", () => {
        const [, second, third, last] = gcPolicy({ keepDuration: "7d" });
        assert.equal(second?.keepDuration, "168h");
        assert.ok([second, third, last].every((rule) => rule && bounded(rule)));
    });

    it("of a filter alone goes before a whole ladder", () => {
        const rule = { filters: ["type==exec.cachemount"], keepDuration: "1d" };
        const policy = gcPolicy(rule);
        assert.deepEqual(policy[0], { ...rule, keepDuration: "24h" });
        assert.deepEqual(policy.at(-1), {
            all: true,
            reservedSpace: "10%",
            maxUsedSpace: "100GB",
            minFreeSpace: "20%",
        });
    });

    it("of a list is that list, with a ceiling at its end where there is none", () => {
        const filtered = { filters: ["type==source.local"], maxUsedSpace: "1GB" };
        assert.deepEqual(gcPolicy([filtered, { maxUsedSpace: 5 }]), [filtered, { maxUsedSpace: 5 }]);
        assert.equal(gcPolicy([filtered, { keepDuration: "1w", maxUsedSpace: 5 }]).length, 3);
        assert.ok(bounded(gcPolicy([filtered]).at(-1) as object));
    });

    for (const [text, read] of [
        ["7d", "168h"],
        ["1w2d12h", "216h12h"],
        ["90m", "90m"],
        ["3600", "3600"],
        ["0d", "0h"],
        ["soon", undefined],
        ["", undefined],
    ] as const) {
        it(`reads ${JSON.stringify(text)} as ${read}`, () => assert.equal(durationInHours(text), read));
    }

    it("goes into buildkitd's configuration beside what that says", () => {
        const config = { debug: true, worker: { oci: { rootless: true }, containerd: { enabled: false } } };
        const gc = [{ maxUsedSpace: 5 }];
        assert.deepEqual(withGc(config, gc), {
            debug: true,
            worker: { oci: { rootless: true, gcpolicy: gc }, containerd: { enabled: false } },
        });
        assert.equal(withGc(config, undefined), config);
        assert.equal(hasGc(config), false);
        assert.equal(hasGc({ worker: { oci: { maxUsedSpace: "1GB" } } }), true);
    });
});
