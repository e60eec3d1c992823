import { cpus } from "node:os";
import type { Measurement } from "../measurement";
import { builders } from "../support/manyBuilders";

export const memory: Measurement = {
    name: "memory",
    what: `memory of the provider process after it created ${builders} builders, minus an idle process`,
    beside: "an idle provider process",
    unit: "MB",
    goal: { of: "ours", most: 60 },
    async run(bench) {
        const { idle, after } = (await bench.manyBuilders()).memory;
        return { ours: after - idle, beside: idle };
    },
};

/** The largest number of parallel calls that one builder makes to its engine. */
const callsAtOnce = 8;

export const connections: Measurement = {
    name: "connections",
    what: `connections of the provider process to the engine after it created ${builders} builders`,
    unit: "",
    // Connections are kept for the next builder, so there are as many as builders are created in parallel.
    goal: { of: "ours", most: callsAtOnce * 4 * cpus().length },
    async run(bench) {
        const { idle, after } = (await bench.manyBuilders()).sockets;
        return { ours: after - idle };
    },
};
