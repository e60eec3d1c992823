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
    /** Bytes of the state file. */
    readonly state: Record<Size, number>;
}

const rounds = 3;

/** @param unique starts the names of all that is made. */
export async function grow(unique: string): Promise<Growth> {
    const project = await Project.make({ unique: `${unique}-stack` });
    delete project.env.NODE_COMPILE_CACHE; // which users do not have
    project.loadAll();
    try {
        const growth = { preview: {} as Record<Size, number>, state: {} as Record<Size, number> };
        for (const size of sizes) {
            throwIfInterrupted();
            await write(project, size);
            await project.up();
            const times: number[] = [];
            for (let round = 0; round <= rounds; round++) times.push(await timed(() => project.preview()));
            growth.preview[size] = median(times.slice(1));
            growth.state[size] = (await stat(stateFile(project))).size;
        }
        await project.destroy();
        return growth;
    } finally {
        await project.remove();
    }
}

/** Where Pulumi's own backend in a folder keeps the state of the stack. */
const stateFile = ({ backend, unique }: Project) => join(backend, ".pulumi/stacks", unique, "test.json");

async function write(project: Project, size: Size): Promise<void> {
    if (size === 0) return writeFile(join(project.folder, "index.js"), 'require("@pulumi/pulumi");\n');
    const each = `new buildx.BuildxBuilder("b" + index, { name: unique + "-" + index + "-" })`;
    await project.program(`for (let index = 0; index < ${size}; index++) ${each};\n`);
}
