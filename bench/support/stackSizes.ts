import { cp, mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MovingProject } from "../../tests/support/languages";
import { Project } from "../../tests/support/project";
import { alternate, timed } from "./rounds";
import { makePluginProject, withProjects, writeProgram, writeYaml } from "./stackPrograms";

/** The numbers of builders in the measured stacks. */
export const sizes = [0, 1, 10, 100] as const;

export type Size = (typeof sizes)[number];

/**
 * The cost of a stack, by the number of its builders. With no builders, the program does not load this package either.
 */
export interface StackCosts {
    /** Time of a `pulumi preview` with nothing to change, in TypeScript with the dynamic provider, in milliseconds. */
    readonly preview: Readonly<Record<Size, number>>;
    /** The same time in YAML with the plugin. */
    readonly previewInYaml: Readonly<Record<1 | 100, number>>;
    /** The same time for the largest number of builders in TypeScript with the plugin. */
    readonly previewWithPlugin: number;
    /** The same time for the largest number of resources if they are Pulumi's own dynamic resources that do nothing. */
    readonly previewOfNoOps: number;
    /** Size of the state file, in bytes. */
    readonly state: Readonly<Record<Size, number>>;
}

const rounds = 5;

const most = Math.max(...sizes);

/**
 * Measures stacks of all sizes. All stacks have the same builders, so that their previews can alternate.
 *
 * @param unique the prefix of all names that it creates.
 */
export const measureStackCosts = (unique: string): Promise<StackCosts> =>
    withProjects(async (add) => {
        const none = await add(Project.make({ unique: `${unique}-stack` }));
        const sameBuilders = { unique: none.unique, store: none.store };
        const largerThan = async (stack: Project, builders: number) => {
            const project = await add(Project.make(sameBuilders));
            await copyStack(stack, project);
            await writeProgram(project, builders);
            await project.up();
            return project;
        };
        await writeProgram(none, 0);
        await none.up();
        const one = await largerThan(none, 1);
        const ten = await largerThan(one, 10);
        const hundred = await largerThan(ten, 100);
        const yamlOne = await add(makePluginProject(sameBuilders));
        await moveToYaml(one, yamlOne, 1);
        const yaml = await add(makePluginProject(sameBuilders));
        await moveToYaml(hundred, yaml, 100);
        const plugin = await add(makePluginProject(sameBuilders));
        await moveToPlugin(hundred, plugin, 100);
        const noOp = await add(Project.make({ unique: `${unique}-no-op` }));
        await noOp.program(noOps);
        await noOp.up();

        const stacks = { none, one, ten, hundred, yamlOne, yaml, plugin, noOp };
        const times = await timePreviews(stacks);
        const state = { 0: await stateSize(none), 1: await stateSize(one), 10: await stateSize(ten) };
        const result = {
            preview: { 0: times.none, 1: times.one, 10: times.ten, 100: times.hundred },
            previewInYaml: { 1: times.yamlOne, 100: times.yaml },
            previewWithPlugin: times.plugin,
            previewOfNoOps: times.noOp,
            state: { ...state, 100: await stateSize(hundred) },
        };
        await hundred.destroy();
        return result;
    });

/** Returns the time of a preview without changes of each project, in milliseconds. */
function timePreviews<Name extends string>(projects: Record<Name, Project>): Promise<Record<Name, number>> {
    const preview = (project: Project) => () => timed(() => project.preview("--expect-no-changes"));
    const measured = Object.entries<Project>(projects).map(([name, project]) => [name, preview(project)] as const);
    return alternate(rounds, Object.fromEntries(measured) as Record<Name, () => Promise<number>>);
}

async function moveToYaml(from: Project, to: MovingProject, builders: number): Promise<void> {
    await copyStack(from, to);
    await writeYaml(to, builders, { isMoving: true });
    await to.up("--expect-no-changes");
    await writeYaml(to, builders);
}

async function moveToPlugin(from: Project, to: MovingProject, builders: number): Promise<void> {
    await copyStack(from, to);
    await writeProgram(to, builders);
    await to.up("--expect-no-changes");
}

async function copyStack(from: Project, to: Project): Promise<void> {
    await mkdir(dirname(stateFile(to)), { recursive: true });
    await cp(stateFile(from), stateFile(to));
}

/** Returns the path at which Pulumi's file backend keeps the state of the stack. */
const stateFile = ({ backend, unique }: Project) => join(backend, ".pulumi/stacks", unique, "test.json");

const stateSize = async (project: Project): Promise<number> => (await stat(stateFile(project))).size;

/** The least that dynamic resources cost: one property each, and a provider that inspects nothing. */
const noOps = `
    const provider = { create: async (inputs) => ({ id: "no-op", outs: inputs }) };
    class NoOp extends pulumi.dynamic.Resource {
        constructor(name) { super(provider, name, { name }); }
    }
    for (let index = 0; index < ${most}; index++) new NoOp("b" + index);\n`;
