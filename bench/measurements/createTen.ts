import type { Measurement } from "../measurement";
import { builders } from "../support/manyBuilders";
import { bridgeOf, perBridge } from "./bridges";

const beside = "ten docker buildx create --bootstrap, one after another";
const limit = "ten containers by the Engine API at once, until all are ready";

const createTen = perBridge(({ bridge, prefix }) => ({
    name: bridge === "plugin" ? `${prefix}ten-provider` : "ten",
    what: `create ten builders, until all are ready${bridgeOf(bridge)}`,
    beside,
    limit,
    unit: "ms",
    goal: { of: "ratio", most: 0.4 },
    mostOfLimit: 1.15,
    async run(bench) {
        const { [bridge]: ours, buildx, engine } = await bench.tenBuilders();
        return { ours, beside: buildx, limit: engine };
    },
}));

const upOfTen: Measurement = {
    name: "plugin-ten",
    what: "pulumi up of ten builders in YAML with the plugin, minus pulumi up of an empty program",
    beside,
    limit,
    unit: "ms",
    goal: { of: "ratio", most: 0.4 },
    async run(bench) {
        const { yaml, buildx, engine } = await bench.tenBuilders();
        return { ours: yaml, beside: buildx, limit: engine };
    },
};

const upOfTenInTypeScript: Measurement = {
    name: "plugin-ten-typescript",
    what: "pulumi up of ten builders in TypeScript with the plugin, minus pulumi up of an empty program",
    beside,
    limit,
    unit: "ms",
    goal: { of: "ratio", most: 0.5 },
    async run(bench) {
        const { typeScript, buildx, engine } = await bench.tenBuilders();
        return { ours: typeScript, beside: buildx, limit: engine };
    },
};

/** Pulumi creates as many builders in parallel. */
const createHundred = perBridge(({ bridge, prefix }) => ({
    name: `${prefix}hundred`,
    what: `create ${builders} builders, until all are ready, per builder${bridgeOf(bridge)}`,
    unit: "ms",
    async run(bench) {
        return { ours: (await bench.manyBuilders(bridge)).create / builders };
    },
}));

export const ten: readonly Measurement[] = [...createTen, upOfTen, upOfTenInTypeScript, ...createHundred];
