import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkout, type Project } from "./project";
import { must } from "./run";

/**
 * Copies an example into a project's folder.
 *
 * @param own the prefix of the names that the example creates. It is replaced with the project's own name, because a
 * user who tries the example may be running it at the same time.
 * @default the name of the example
 */
export async function example(project: Project, name: string, own = name): Promise<void> {
    project.loadAll();
    Object.assign(project.env, await withoutPlugin(), { PULUMI_NODEJS_TRANSPILE_ONLY: "true" }); // checks.test.ts checks the types of all examples
    const source = join(checkout, "examples", name);
    const files = (await readdir(source)).filter((file) => !["node_modules", "package.json"].includes(file));
    await Promise.all(files.map((file) => cp(join(source, file), join(project.folder, file), { recursive: true })));
    await edit(join(project.folder, "index.ts"), (text) => text.replaceAll(`"${own}`, `"${project.unique}`));
    await edit(join(project.folder, "Pulumi.yaml"), (text) =>
        text.replace(/^name: .*/m, `name: ${project.unique}\nmain: index.ts`),
    );
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
    await writeFile(path, change(await readFile(path, "utf8")));
}

let variables: Promise<NodeJS.ProcessEnv> | undefined;

/** Returns what makes docker-build's `Image` work if its plugin cannot be downloaded. */
const withoutPlugin = (): Promise<NodeJS.ProcessEnv> =>
    (variables ??= must("node", [join(checkout, "environment/docker-build.cjs")]).then((lines) =>
        Object.fromEntries([...lines.matchAll(/(\w+)=(?:'([^']*)'|(\S+))/g)].map(([, key, a, b]) => [key, a ?? b])),
    ));
