import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Project } from "../../tests/support/project";
import { throwIfInterrupted } from "./interruption";
import { median, timed } from "./rounds";

/** The numbers of builders that a stack is looked at with. */
export const sizes = [0, 1, 10, 100] as const;

export type Size = (typeof sizes)[number];

/** What a stack costs, by the number of its builders. With none, the program does not load this package either. */
export interface Growth {
    /** Milliseconds of `pulumi preview` with nothing to change. */
    readonly preview: Record<Size, number>;
    /** The same of the most that were looked at, where they are resources of Pulumi's own class that do nothing. */
    readonly previewOfNothings: number;
    /** Bytes of the state file. */
    readonly state: Record<Size, number>;
}

const rounds = 9;

const most = Math.max(...sizes);

/** @param unique starts the names of all that is made. */
export async function grow(unique: string): Promise<Growth> {
    const project = await Project.make({ unique: `${unique}-stack` });
    delete project.env.NODE_COMPILE_CACHE; // which users do not have
    project.loadAll();
    try {
        const preview = {} as Record<Size, number>;
        const state = {} as Record<Size, number>;
        for (const size of sizes) {
            await write(project, size);
            preview[size] = await timeOfPreview(project);
            state[size] = (await stat(stateFile(project))).size;
        }
        await project.program(nothings);
        const previewOfNothings = await timeOfPreview(project);
        await project.destroy();
        return { preview, previewOfNothings, state };
    } finally {
        await project.remove();
    }
}

/** Once all is made, the milliseconds of a preview. */
async function timeOfPreview(project: Project): Promise<number> {
    throwIfInterrupted();
    await project.up();
    const times: number[] = [];
    for (let round = 0; round <= rounds; round++) times.push(await timed(() => project.preview()));
    return median(times.slice(1));
}

/** The least that dynamic resources take: one property each, and a provider without anything to look at. */
const nothings = `
    const provider = { create: async (inputs) => ({ id: "nothing", outs: inputs }) };
    class Nothing extends pulumi.dynamic.Resource {
        constructor(name) { super(provider, name, { name }); }
    }
    for (let index = 0; index < ${most}; index++) new Nothing("b" + index);\n`;

/** Where Pulumi's own backend in a folder keeps the state of the stack. */
const stateFile = ({ backend, unique }: Project) => join(backend, ".pulumi/stacks", unique, "test.json");

async function write(project: Project, size: Size): Promise<void> {
    if (size === 0) return writeFile(join(project.folder, "index.js"), 'require("@pulumi/pulumi");\n');
    const each = `new buildx.BuildxBuilder("b" + index, { name: unique + "-" + index + "-" })`;
    await project.program(`for (let index = 0; index < ${size}; index++) ${each};\n`);
}
