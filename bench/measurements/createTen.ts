import type { Measurement } from "../measurement";

const beside = "ten docker buildx create --bootstrap, one after another";

export const createTen: Measurement = {
    name: "ten",
    what: "create ten builders, until all are ready",
    beside,
    unit: "ms",
    goal: { of: "ratio", most: 0.4 },
    async run(bench) {
        const { provider, buildx } = await bench.tenBuilders();
        return { ours: provider, beside: buildx };
    },
};

export const pluginTen: Measurement = {
    name: "plugin-ten",
    what: "pulumi up of ten builders in YAML with the plugin, minus pulumi up of an empty program",
    beside,
    unit: "ms",
    goal: { of: "ratio", most: 0.4 },
    async run(bench) {
        const { yaml, buildx } = await bench.tenBuilders();
        return { ours: yaml, beside: buildx };
    },
};

export const pluginTenInTypeScript: Measurement = {
    name: "plugin-ten-typescript",
    what: "pulumi up of ten builders in TypeScript with the plugin, minus pulumi up of an empty program",
    beside,
    unit: "ms",
    goal: { of: "ratio", most: 0.5 },
    async run(bench) {
        const { typeScript, buildx } = await bench.tenBuilders();
        return { ours: typeScript, beside: buildx };
    },
};
