import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { leftovers } from "../support/docker";
import { withGoProject, withPythonProject, withYamlProject } from "../support/languages";
import { checkout, type Project } from "../support/project";

/** Writes a file of an example into a project, with the project's own name in place of the builder's. */
async function copy(project: Project, example: string, file: string): Promise<void> {
    const text = await readFile(join(checkout, "examples", example, file), "utf8");
    const named = text
        .replaceAll(`"${example}"`, `"${project.unique}"`)
        .replace(`builderName: ${example}\n`, `builderName: ${project.unique}\n`)
        .replace(/^name: .*$/m, `name: ${project.unique}`);
    await writeFile(join(project.folder, file), named);
}

/** Creates the example, checks its outputs and that it stays as it is, and removes it. */
async function live(project: Project): Promise<void> {
    await project.up();
    const { name, containerName, platforms } = await project.outputs<Record<string, unknown>>();
    assert.deepEqual([name, containerName], [project.unique, `buildx_buildkit_${project.unique}0`]);
    assert.ok((platforms as string[]).includes(`linux/${process.arch === "x64" ? "amd64" : process.arch}`));
    await project.preview("--expect-no-changes");
    await project.destroy();
    assert.deepEqual(await leftovers(project.unique), []);
}

describe("the example in another language", () => {
    it(
        "yaml goes up, stays as it is, and goes",
        withYamlProject(async (project) => {
            await copy(project, "yaml", "Pulumi.yaml");
            await live(project);
        }),
    );

    it(
        "python goes up, stays as it is, and goes",
        withPythonProject(async (project) => {
            await copy(project, "python", "__main__.py");
            await live(project);
        }),
    );

    it(
        "go goes up, stays as it is, and goes",
        withGoProject(async (project) => {
            await copy(project, "go", "main.go");
            await live(project);
        }),
    );
});
