import type { Measurement } from "../measurement";
import { bySize, eachAfterFirst } from "./preview";

export const pluginPreview: Measurement = {
    name: "plugin-preview",
    what: "pulumi preview of a builder without changes, in YAML with the plugin",
    beside: "the same preview in TypeScript with the dynamic provider",
    isBesideItself: true,
    limit: "pulumi preview of an empty program in YAML",
    unit: "ms",
    goal: { of: "ratio", most: 0.35 },
    async run(bench) {
        const { preview, previewInYaml } = await bench.stackCosts();
        return { ours: previewInYaml[1], beside: preview[1], limit: previewInYaml[0] };
    },
};

export const pluginEach: Measurement = {
    name: "plugin-each",
    what: "pulumi preview without changes in YAML with the plugin, for each builder after the first",
    beside: "the same in TypeScript with the dynamic provider",
    isBesideItself: true,
    unit: "ms",
    goal: { of: "ours", most: 3.5 },
    async run(bench) {
        const { preview, previewInYaml } = await bench.stackCosts();
        return { ours: eachAfterFirst(previewInYaml), beside: eachAfterFirst(preview), more: bySize(previewInYaml) };
    },
};

export const pluginPreviewInTypeScript: Measurement = {
    name: "plugin-preview-typescript",
    what: "pulumi preview of 100 builders without changes, in TypeScript with the plugin",
    beside: "the same preview with the dynamic provider",
    isBesideItself: true,
    limit: "pulumi preview of an empty program in TypeScript",
    unit: "ms",
    goal: { of: "ratio", most: 0.85 },
    async run(bench) {
        const { preview, previewWithPlugin } = await bench.stackCosts();
        return {
            ours: previewWithPlugin[100],
            beside: preview[100],
            limit: preview[0],
            more: bySize(previewWithPlugin),
        };
    },
};
