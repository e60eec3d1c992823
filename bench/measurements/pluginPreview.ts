import type { Measurement } from "../measurement";

export const pluginPreview: Measurement = {
    name: "plugin-preview",
    what: "pulumi preview of a builder without changes, in YAML with the plugin",
    beside: "the same preview in TypeScript with the dynamic provider",
    isBesideItself: true,
    unit: "ms",
    goal: { of: "ratio", most: 0.35 },
    async run(bench) {
        const { preview, previewInYaml } = await bench.stackCosts();
        return { ours: previewInYaml[1], beside: preview[1] };
    },
};

export const pluginEach: Measurement = {
    name: "plugin-each",
    what: "pulumi preview without changes in YAML with the plugin, for each builder after the first",
    beside: "the same preview of the first builder",
    unit: "ms",
    goal: { of: "ours", most: 3.5 },
    async run(bench) {
        const { preview, previewInYaml } = await bench.stackCosts();
        const each = (times: typeof previewInYaml) => (times[100] - times[1]) / 99;
        const more = { "with 100": previewInYaml[100], "in TypeScript with the dynamic provider": each(preview) };
        return { ours: each(previewInYaml), beside: previewInYaml[1], more };
    },
};

export const pluginPreviewInTypeScript: Measurement = {
    name: "plugin-preview-typescript",
    what: "pulumi preview of 100 builders without changes, in TypeScript with the plugin",
    beside: "the same preview with the dynamic provider",
    isBesideItself: true,
    unit: "ms",
    goal: { of: "ratio", most: 0.85 },
    async run(bench) {
        const { preview, previewWithPlugin } = await bench.stackCosts();
        return { ours: previewWithPlugin, beside: preview[100] };
    },
};
