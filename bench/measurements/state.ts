import type { Measurement } from "../measurement";

export const state: Measurement = {
    name: "state",
    what: "size of the state file with 100 builders, per builder",
    unit: "KB",
    goal: { of: "ours", most: 4 },
    async run(bench) {
        const { state: bytes } = await bench.stackCosts();
        const more = Object.fromEntries(Object.entries(bytes).map(([size, each]) => [`with ${size}`, each / 1e3]));
        return { ours: (bytes[100] - bytes[0]) / 100 / 1e3, more };
    },
};
