import type { Measurement } from "../measurement";

export const preview: Measurement = {
    name: "preview",
    what: "pulumi preview of 100 builders without changes, per builder",
    beside: "the same preview of an empty program",
    unit: "ms",
    goal: { of: "ours", most: 10 },
    async run(bench) {
        const { preview: times, previewOfNoOps } = await bench.stackCosts();
        const each = (times[100] - times[1]) / 99;
        const more = {
            "with 1": times[1],
            "with 10": times[10],
            "with 100": times[100],
            "each after the first": each,
            "each of 100 dynamic resources that do nothing": (previewOfNoOps - times[0]) / 100,
            "with 10, above the straight line from 1 to 100": times[10] - (times[1] + 9 * each),
        };
        return { ours: (times[100] - times[0]) / 100, beside: times[0], more };
    },
};
