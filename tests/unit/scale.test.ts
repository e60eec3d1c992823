import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Results } from "../../bench/report/results";
import { renderScale } from "../../bench/report/scale";
import { checkout } from "../support/project";

const goal = { of: "ours" } as const;
const row = { what: "", unit: "ms", goal, reached: true } as const;

describe("the cost of a thousand builders", () => {
    it("is estimated from the cost of one builder", () => {
        const more = { "with 1": 2000, "with 100": 2990, "each after the first": 10 };
        const page = renderScale({ processors: 2 }, [
            {
                ...row,
                name: "preview",
                ours: 20,
                more: { ...more, "with 10, above the straight line from 1 to 100": -9.9 },
            },
            { ...row, name: "read", ours: 1000 },
            { ...row, name: "state", unit: "KB", ours: 2.5 },
        ]);
        assert.match(page, /preview.*\| 2\.0 s with one builder, 10\.0 ms for each additional builder.*\| 12\.0 s \|/);
        assert.match(page, /refresh.*\| 20\.0 ms per builder.*\| 20\.0 s \|/);
        assert.match(page, /state file.*\| 2\.50 KB per builder.*\| 2\.50 MB \|/);
        assert.match(page, /memory.*\| not measured \(`memory`\) \| \? \|/);
        assert.match(page, /9\.90 ms below the line from one to a hundred builders\. That is 1\.0 %/);
    });

    it("is the same in docs/scale.md as in bench/results.json", async () => {
        const [page, results] = await Promise.all(
            ["docs/scale.md", "bench/results.json"].map((path) =>
                readFile(join(checkout, path), "utf8").catch(() => ""),
            ),
        );
        if (results === "") return assert.equal(page, ""); // there are no figures yet
        const { on, rows } = JSON.parse(results as string) as Results;
        assert.equal(page, renderScale(on, rows));
    });
});
