import { strict as assert } from "node:assert";
import type { Figures, Measurement } from "../../bench/measurement";
import { renderChart } from "../../bench/report/chart";
import { resultOf } from "../../bench/report/results";

const measurement: Measurement = {
    name: "row",
    what: "create a builder",
    beside: "docker buildx create",
    unit: "ms",
    goal: { of: "ratio", most: 0.75 },
    run: () => Promise.reject(new Error("not measured here")),
};

const rowOf = (others: Partial<Measurement>, figures: Figures = { ours: 100, beside: 200 }) =>
    resultOf({ ...measurement, ...others }, figures);

describe("the picture of the bench", () => {
    it("shows the ratio to another program", () => {
        const picture = renderChart([rowOf({})]);
        assert.match(picture, />create a builder<[^]*>compared with docker buildx create</);
        assert.match(picture, />0\.50</);
        assert.match(picture, />goal 0\.75 or less</);
    });

    it("shows the limit as a share of the compared figure", () => {
        const picture = renderChart([rowOf({ limit: "the same container" }, { ours: 100, beside: 200, limit: 80 })]);
        assert.match(picture, />limit 0\.40</);
        assert.match(picture, /0\.50 of docker buildx create, with 0\.40 as the limit/);
        assert.ok(!renderChart([rowOf({})]).includes('class="limit"'));
    });

    it("leaves out the comparison of the package with itself", () => {
        const picture = renderChart([rowOf({ what: "start the plugin", isBesideItself: true }), rowOf({})]);
        assert.ok(!picture.includes("start the plugin"), picture);
        assert.equal(picture, renderChart([rowOf({})]));
    });

    it("leaves out a row whose goal is not a ratio", () => {
        const goal = { of: "ours", most: 40 } as const;
        assert.ok(!renderChart([rowOf({ what: "load the package", goal })]).includes("load the package"));
    });
});
