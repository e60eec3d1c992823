import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Measurement } from "../../bench/measurement";
import { merged, mostBusy, resultOf, type Result, type Results } from "../../bench/report/results";
import { renderPerformance } from "../../bench/report/performance";
import { table } from "../../bench/report/table";
import { checkout } from "../support/project";

const measurement: Measurement = {
    name: "create",
    what: "create a builder",
    beside: "docker buildx create",
    limit: "the same container by the Engine API",
    unit: "ms",
    goal: { of: "ratio", most: 0.75 },
    mostOfLimit: 1.15,
    run: () => Promise.reject(new Error("not measured here")),
};

const row = { what: "", unit: "ms" } as const;

const sizes = (...times: number[]) =>
    Object.fromEntries(times.map((time, index) => [`with ${[1, 10, 100, 1000][index]}`, time]));

describe("a row of the bench", () => {
    it("reaches its goal only if it also reaches the ratio to its limit", () => {
        assert.equal(resultOf(measurement, { ours: 100, beside: 200, limit: 90 }).reached, true);
        assert.equal(resultOf(measurement, { ours: 100, beside: 200, limit: 80 }).reached, false);
        assert.equal(resultOf(measurement, { ours: 100, beside: 110, limit: 90 }).reached, false);
        assert.equal(resultOf(measurement, { ours: 100, beside: 200 }).reached, false);
    });

    it("without a goal reaches nothing", () => {
        const { goal: _, ...information } = measurement;
        assert.equal(resultOf(information, { ours: 100 }).reached, undefined);
    });

    it("does not count if other programs used the processors", () => {
        const figures = { ours: 100, beside: 200, limit: 90 };
        const busy = resultOf(measurement, figures, 0.34);
        assert.equal(busy.busy, 0.34);
        assert.match(table([busy]), /does not count: other programs used 34 % of the processors/);
        assert.equal(resultOf(measurement, figures, mostBusy).busy, undefined);
        assert.equal(resultOf({ ...measurement, unit: "KB" }, figures, 0.34).busy, undefined); // a size is the same
    });

    it("that does not count replaces only a row that does not count either", () => {
        const counts: Result = { ...row, name: "create", ours: 1 };
        const busy: Result = { ...counts, ours: 2, busy: 0.5 };
        assert.deepEqual(merged([busy], [counts], ["create"]), [counts]);
        assert.deepEqual(merged([busy], [{ ...busy, ours: 3 }], ["create"]), [busy]);
        assert.deepEqual(merged([busy], [], ["create"]), [busy]);
        assert.deepEqual(merged([counts], [busy], ["create"]), [counts]);
    });
});

describe("the page about performance", () => {
    it("has the figures of 1 to 1,000 builders", () => {
        const page = renderPerformance({
            on: { processors: 2 },
            took: 540,
            rows: [
                { ...row, name: "create", ours: 274, beside: 456, limit: 250 },
                { ...row, name: "plugin-create", ours: 280, beside: 456, limit: 250 },
                { ...row, name: "preview", ours: 20, more: sizes(2000, 2100, 2990, 13_000) },
                { ...row, name: "up", ours: 180, more: { "with 200": 36_000 } },
                { ...row, name: "state", unit: "KB", ours: 2.5, more: sizes(3, 26, 251, 2510) },
                { ...row, name: "limit", ours: 70, beside: 600, busy: 0.5 },
            ],
        });
        assert.match(page, /The run took 9\.0 min\./);
        assert.match(page, /\| create a builder, until it is ready \| 456 ms \| 274 ms \| 280 ms \| 250 ms \|/);
        assert.match(page, /dynamic provider \| 2\.0 s \| 2\.1 s \| 3\.0 s \| 13\.0 s \|/);
        assert.match(page, /creates all builders, with the plugin \| 280 ms \| – \| – \| 3\.0 min \|/);
        assert.match(page, /five times the 36\.0 s of 200 builders/);
        assert.match(page, /state file \| 3\.00 KB \| 26\.0 KB \| 251 KB \| 2\.51 MB \|/);
        assert.match(page, /grows linearly: .* it is 8 % more than/);
        assert.match(page, /change the memory limit \| 600 ms\\\* \| 70\.0 ms\\\* \| – \| – \|/);
        assert.match(page, /asterisk do not count.*\n.*: `limit`\./);
    });

    it("has the figures of bench/results.json", async () => {
        const [page, results] = await Promise.all(
            ["docs/performance.md", "bench/results.json"].map((path) => readFile(join(checkout, path), "utf8")),
        );
        assert.equal(page, renderPerformance(JSON.parse(results as string) as Results));
    });
});
