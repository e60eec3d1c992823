import { cpus } from "node:os";
import type { Measurement } from "../measurement";
import { builders } from "../support/manyBuilders";
import { perBridge } from "./bridges";

const processOf = { dynamic: "process of the dynamic provider", plugin: "plugin" } as const;

export const memory: readonly Measurement[] = perBridge(({ bridge }) => ({
    name: bridge === "plugin" ? "plugin-memory-100" : "memory",
    what: `memory of the ${processOf[bridge]} after it created ${builders} builders, minus an idle process`,
    beside: `an idle ${processOf[bridge]}`,
    isBesideItself: true,
    unit: "MB",
    goal: { of: "ours", most: bridge === "plugin" ? 40 : 60 },
    async run(bench) {
        const { idle, after } = (await bench.manyBuilders(bridge)).memory;
        return { ours: after - idle, beside: idle };
    },
}));

/** The largest number of parallel calls that one builder makes to its engine. */
const callsAtOnce = 8;

export const connections: readonly Measurement[] = perBridge(({ bridge, prefix }) => ({
    name: `${prefix}connections`,
    what: `connections of the ${processOf[bridge]} to the engine after it created ${builders} builders`,
    unit: "",
    // Connections are kept for the next builder, so there are as many as builders are created in parallel.
    goal: { of: "ours", most: callsAtOnce * 4 * cpus().length },
    async run(bench) {
        const { idle, after } = (await bench.manyBuilders(bridge)).sockets;
        return { ours: after - idle };
    },
}));
