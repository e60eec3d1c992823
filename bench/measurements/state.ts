import type { Measurement } from "../measurement";

export const state: Measurement = {
    name: "state",
    what: "the state file, for each of 100 builders",
    unit: "KB",
    goal: { of: "ours", most: 4 },
    async run(bench) {
        const { state: bytes } = await bench.growth();
        const more = { "all of it with 100": bytes[100] / 1e3, "all of it with none": bytes[0] / 1e3 };
        return { ours: (bytes[100] - bytes[0]) / 100 / 1e3, more };
    },
};
