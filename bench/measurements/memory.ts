import { cpus } from "node:os";
import type { Measurement } from "../measurement";
import { builders } from "../support/hundred";

export const memory: Measurement = {
    name: "memory",
    what: `memory of the provider process once it has made ${builders} builders, beyond an idle one`,
    beside: "an idle provider process",
    unit: "MB",
    goal: { of: "ours", most: 60 },
    async run(bench) {
        const { idle, after } = (await bench.hundred()).memory;
        return { ours: after - idle, beside: idle };
    },
};

/** What one builder asks of its engine at once, at most. */
const callsAtOnce = 8;

export const connections: Measurement = {
    name: "connections",
    what: `connections of the provider process to the engine once it has made ${builders} builders`,
    unit: "",
    // They are kept for the next builder: so many as are made at once have any.
    goal: { of: "ours", most: callsAtOnce * 4 * cpus().length },
    async run(bench) {
        const { idle, after } = (await bench.hundred()).sockets;
        return { ours: after - idle };
    },
};
