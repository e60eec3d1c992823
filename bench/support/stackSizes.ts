import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Project } from "../../tests/support/project";
import { throwIfInterrupted } from "./interruption";
import { median, timed } from "./rounds";

/** The numbers of builders in the measured stacks. */
export const sizes = [0, 1, 10, 100] as const;

export type Size = (typeof sizes)[number];

/**
 * The cost of a stack, by the number of its builders. With no builders, the program does not load this package either.
 */
export interface StackCosts {
    /** Time of a `pulumi preview` with nothing to change, in milliseconds. */
    readonly preview: Record<Size, number>;
    /** The same time for the largest number of resources if they are Pulumi's own dynamic resources that do nothing. */
    readonly previewOfNoOps: number;
    /** Size of the state file, in bytes. */
    readonly state: Record<Size, number>;
}

const rounds = 9;

const most = Math.max(...sizes);

/**
 * Measures stacks of all sizes.
 *
 * @param unique the prefix of all names that it creates.
 */
export async function measureStackCosts(unique: string): Promise<StackCosts> {
    const project = await Project.make({ unique: `${unique}-stack` });
    delete project.env.NODE_COMPILE_CACHE; // users do not set it
    project.loadAll();
    try {
        const preview = {} as Record<Size, number>;
        const state = {} as Record<Size, number>;
        for (const size of sizes) {
            await write(project, size);
            preview[size] = await timeOfPreview(project);
            state[size] = (await stat(stateFile(project))).size;
        }
        await project.program(noOps);
        const previewOfNoOps = await timeOfPreview(project);
        await project.destroy();
        return { preview, previewOfNoOps, state };
    } finally {
        await project.remove();
    }
}

/** Returns the time of a preview in milliseconds, once all resources are created. */
async function timeOfPreview(project: Project): Promise<number> {
    throwIfInterrupted();
    await project.up();
    const times: number[] = [];
    for (let round = 0; round <= rounds; round++) times.push(await timed(() => project.preview()));
    return median(times.slice(1));
}

/** The least that dynamic resources cost: one property each, and a provider that inspects nothing. */
const noOps = `
    const provider = { create: async (inputs) => ({ id: "no-op", outs: inputs }) };
    class NoOp extends pulumi.dynamic.Resource {
        constructor(name) { super(provider, name, { name }); }
    }
    for (let index = 0; index < ${most}; index++) new NoOp("b" + index);\n`;

/** Returns the path at which Pulumi's file backend keeps the state of the stack. */
const stateFile = ({ backend, unique }: Project) => join(backend, ".pulumi/stacks", unique, "test.json");

async function write(project: Project, size: Size): Promise<void> {
    if (size === 0) return writeFile(join(project.folder, "index.js"), 'require("@pulumi/pulumi");\n');
    const each = `new buildx.BuildxBuilder("b" + index, { name: unique + "-" + index + "-" })`;
    await project.program(`for (let index = 0; index < ${size}; index++) ${each};\n`);
}
