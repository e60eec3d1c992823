import type { Measurement } from "../measurement";
import type { Previews } from "../support/stackSizes";

/** Returns the times by the number of builders, and of each builder after the first. */
export const bySize = (times: Previews<1 | 10 | 100 | 1000>): Readonly<Record<string, number>> => ({
    "with 1": times[1],
    "with 10": times[10],
    "with 100": times[100],
    "with 1000": times[1000],
    "each after the first": eachAfterFirst(times),
});

export const eachAfterFirst = (times: Previews<1 | 100>): number => (times[100] - times[1]) / 99;

export const preview: Measurement = {
    name: "preview",
    what: "pulumi preview of 100 builders without changes, per builder",
    beside: "the same preview of an empty program",
    limit: "dynamic resources that do nothing, per resource",
    unit: "ms",
    goal: { of: "ours", most: 10 },
    async run(bench) {
        const { preview: times, previewOfNoOps } = await bench.stackCosts();
        const limit = (previewOfNoOps - times[0]) / 100;
        return { ours: (times[100] - times[0]) / 100, beside: times[0], limit, more: bySize(times) };
    },
};
