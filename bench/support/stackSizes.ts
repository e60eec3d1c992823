import { cp, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { Project } from "../../tests/support/project";
import { alternate, timed } from "./rounds";
import { CopiedStack, stackFile, stackSize } from "./stackFile";
import { makePluginProject, withProjects, writeProgram, writeYaml } from "./stackPrograms";

/** Times of a `pulumi preview` with nothing to change, in milliseconds, by the number of builders in the stack. */
export type Previews<Size extends number> = Readonly<Record<Size, number>>;

/**
 * The cost of a stack, by the number of its builders. With no builders, the program does not load this package either.
 */
export interface StackCosts {
    /** In TypeScript with the dynamic provider. */
    readonly preview: Previews<0 | 1 | 10 | 100 | 1000>;
    /** In YAML with the plugin. */
    readonly previewInYaml: Previews<0 | 1 | 10 | 100 | 1000>;
    /** In TypeScript with the plugin. */
    readonly previewWithPlugin: Previews<1 | 10 | 100 | 1000>;
    /** The same time for 100 resources if they are Pulumi's own dynamic resources that do nothing. */
    readonly previewOfNoOps: number;
    /** Size of the state file, in bytes. */
    readonly state: Readonly<Record<0 | 1 | 10 | 100 | 1000, number>>;
}

const rounds = 2;

const most = 100;

/**
 * Measures stacks of all sizes. Only one builder is real: a preview reads Pulumi's state and buildx's records, and sends
 * no request to an engine.
 *
 * @param unique the prefix of all names that it creates.
 */
export const measureStackCosts = (unique: string): Promise<StackCosts> =>
    withProjects(async (add) => {
        const dynamic = await add(Project.make({ unique: `${unique}-stack` }));
        await writeProgram(dynamic, 1);
        await dynamic.up();
        const sameBuilders = { unique: dynamic.unique, store: dynamic.store };
        const yaml = await add(makePluginProject(sameBuilders));
        await copyState(dynamic, yaml);
        await writeYaml(yaml, 1, { isMoving: true });
        await yaml.up("--expect-no-changes");
        const plugin = await add(makePluginProject(sameBuilders));
        await copyState(dynamic, plugin);
        await writeProgram(plugin, 1);
        await plugin.up("--expect-no-changes");
        const noOp = await add(Project.make({ unique: `${unique}-no-op` }));
        await noOp.program(noOps);
        await noOp.up();

        const stacks = {
            dynamic: await sized(dynamic, (builders) => writeProgram(dynamic, builders)),
            yaml: await sized(yaml, (builders) => writeYaml(yaml, builders)),
            plugin: await sized(plugin, (builders) => writeProgram(plugin, builders)),
        };
        const at = (stack: keyof typeof stacks, builders: number) => () => stacks[stack].preview(builders);
        const times = await alternate(rounds, {
            none: at("dynamic", 0),
            one: at("dynamic", 1),
            ten: at("dynamic", 10),
            hundred: at("dynamic", 100),
            yamlNone: at("yaml", 0),
            yamlOne: at("yaml", 1),
            yamlTen: at("yaml", 10),
            yamlHundred: at("yaml", 100),
            pluginOne: at("plugin", 1),
            pluginTen: at("plugin", 10),
            pluginHundred: at("plugin", 100),
            noOps: () => timed(() => noOp.preview("--expect-no-changes")),
        });
        // One round of the largest stacks takes half a minute, and everything is already loaded once.
        const largest = {
            dynamic: await stacks.dynamic.preview(1000),
            yaml: await stacks.yaml.preview(1000),
            plugin: await stacks.plugin.preview(1000),
        };
        const size = (builders: number) => stacks.dynamic.size(builders);
        const state = {
            0: await size(0),
            1: await size(1),
            10: await size(10),
            100: await size(100),
            1000: await size(1000),
        };
        await stacks.dynamic.remove();
        const { none, one, ten, hundred, yamlNone, yamlOne, yamlTen, yamlHundred } = times;
        return {
            preview: { 0: none, 1: one, 10: ten, 100: hundred, 1000: largest.dynamic },
            previewInYaml: { 0: yamlNone, 1: yamlOne, 10: yamlTen, 100: yamlHundred, 1000: largest.yaml },
            previewWithPlugin: {
                1: times.pluginOne,
                10: times.pluginTen,
                100: times.pluginHundred,
                1000: largest.plugin,
            },
            previewOfNoOps: times.noOps,
            state,
        };
    });

/** @param write writes the program with a number of builders. */
async function sized(project: Project, write: (builders: number) => Promise<void>) {
    const stack = await CopiedStack.of(project, 1);
    const writeAll = async (builders: number) => {
        await stack.write(builders);
        await write(builders);
    };
    return {
        async preview(builders: number): Promise<number> {
            await writeAll(builders);
            return timed(() => project.preview("--expect-no-changes"));
        },
        async size(builders: number): Promise<number> {
            await stack.write(builders);
            return stackSize(project);
        },
        async remove(): Promise<void> {
            await stack.restore();
            await project.destroy();
        },
    };
}

async function copyState(from: Project, to: Project): Promise<void> {
    await mkdir(dirname(stackFile(to)), { recursive: true });
    await cp(stackFile(from), stackFile(to));
}

/** The least that dynamic resources cost: one property each, and a provider that inspects nothing. */
const noOps = `
    const provider = { create: async (inputs) => ({ id: "no-op", outs: inputs }) };
    class NoOp extends pulumi.dynamic.Resource {
        constructor(name) { super(provider, name, { name }); }
    }
    for (let index = 0; index < ${most}; index++) new NoOp("b" + index);\n`;
