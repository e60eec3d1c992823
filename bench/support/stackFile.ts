/** The file in which Pulumi's file backend keeps the state of a stack, with any number of builders. */
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Project } from "../../tests/support/project";
import { listFiles } from "./inventory";

interface Resource {
    readonly urn: string;
    readonly type: string;
}

interface StackFile {
    readonly checkpoint: { readonly latest: { readonly resources: readonly Resource[] } };
}

/** The places of a project. */
type Places = Pick<Project, "backend" | "store" | "unique">;

export const stackFile = ({ backend, unique }: Pick<Places, "backend" | "unique">) =>
    join(backend, ".pulumi/stacks", unique, "test.json");

export const stackSize = async (project: Places): Promise<number> => (await stat(stackFile(project))).size;

/** Returns the name of a builder in the programs of the bench. Its resource is named `b<index>`. */
export const builderName = (unique: string, index: number): string => `${unique}-${index}-`;

/**
 * A stack that has some real builders, and states of the same stack with fewer or more builders. A further builder is a
 * copy of a real builder under another name, with its own record in buildx's store and no container of its own.
 */
export class CopiedStack {
    private constructor(
        private readonly project: Places,
        private readonly original: StackFile,
        /** The record of each real builder and the files that it names: their content by path in buildx's store. */
        private readonly files: readonly ReadonlyMap<string, string>[],
    ) {}

    /** @param builders the number of real builders, which the stack must have. */
    static async of(project: Places, builders: number): Promise<CopiedStack> {
        const original = JSON.parse(await readFile(stackFile(project), "utf8")) as StackFile;
        const files = Array.from({ length: builders }, (_, index) => filesOf(project, index));
        return new CopiedStack(project, original, await Promise.all(files));
    }

    /** Writes a state with a number of builders, and the records of these builders. */
    async write(builders: number): Promise<void> {
        const { resources } = this.original.checkpoint.latest;
        const others = resources.filter(({ type }) => !isBuilder(type));
        const copies = Array.from({ length: builders }, (_, index) => this.copy(index));
        // Without builders, a stack has no provider either.
        const kept = builders === 0 ? others.filter(({ type }) => type === "pulumi:pulumi:Stack") : others;
        await this.save([...kept, ...copies]);
        for (let index = this.files.length; index < builders; index++) await this.writeFiles(index);
    }

    /** Writes the original state again. */
    restore(): Promise<void> {
        return this.save(this.original.checkpoint.latest.resources);
    }

    private save(resources: readonly Resource[]): Promise<void> {
        const { checkpoint } = this.original;
        const changed = {
            ...this.original,
            checkpoint: { ...checkpoint, latest: { ...checkpoint.latest, resources } },
        };
        return writeFile(stackFile(this.project), JSON.stringify(changed));
    }

    private copy(index: number): Resource {
        const from = index % this.files.length;
        const found = this.original.checkpoint.latest.resources.find(
            ({ urn, type }) => isBuilder(type) && urn.endsWith(`::b${from}`),
        );
        if (found === undefined) throw new Error(`the stack has no builder b${from}`);
        if (from === index) return found;
        const text = this.renamed(JSON.stringify(found), from, index);
        const copy = JSON.parse(text) as Resource;
        return { ...copy, urn: copy.urn.replace(/::b\d+$/, `::b${index}`) };
    }

    private async writeFiles(index: number): Promise<void> {
        const from = index % this.files.length;
        for (const [path, content] of this.files[from] ?? []) {
            const copy = join(this.project.store, this.renamed(path, from, index));
            await mkdir(dirname(copy), { recursive: true });
            await writeFile(copy, this.renamed(content, from, index), { mode: 0o600 });
        }
    }

    private renamed(text: string, from: number, to: number): string {
        const { unique } = this.project;
        return text.replaceAll(builderName(unique, from), builderName(unique, to));
    }
}

const isBuilder = (type: string) => /buildx.*Builder$/.test(type);

async function filesOf({ store, unique }: Places, index: number): Promise<ReadonlyMap<string, string>> {
    const name = builderName(unique, index);
    const own = (await listFiles(store)).filter((path) => relative(store, path).split("/").includes(name));
    return new Map(
        await Promise.all(own.map(async (path) => [relative(store, path), await readFile(path, "utf8")] as const)),
    );
}
