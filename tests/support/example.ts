import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkout, type Project } from "./project";

/**
 * Copies an example into a project's folder.
 *
 * @param own the prefix of the names that the example creates. It is replaced with the project's own name, because a
 * user who tries the example may be running it at the same time.
 * @default the name of the example
 */
export async function example(project: Project, name: string, own = name): Promise<void> {
    project.loadAll();
    const source = join(checkout, "examples", name);
    const files = (await readdir(source)).filter((file) => !["node_modules", "package.json"].includes(file));
    for (const file of files) await cp(join(source, file), join(project.folder, file), { recursive: true });
    const program = await readFile(join(source, "index.ts"), "utf8");
    await writeFile(join(project.folder, "index.ts"), program.replaceAll(`"${own}`, `"${project.unique}`));
    await writeFile(join(project.folder, "Pulumi.yaml"), `name: ${project.unique}\nruntime: nodejs\nmain: index.ts\n`);
    await writeFile(
        join(project.folder, "tsconfig.json"),
        JSON.stringify({ compilerOptions: { module: "commonjs", target: "es2022", strict: true } }),
    );
}
