import { strict as assert } from "node:assert";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { leftovers } from "../support/docker";
import { checkout, withProject } from "../support/project";
import { run } from "../support/run";

describe("the quickstart example", () => {
    it(
        "goes up, stays as it is, and goes",
        withProject(async (project) => {
            // Under another name than the one that a person who tries it may have up at the moment.
            const example = join(checkout, "examples/quickstart");
            for (const file of ["app", "image.ts"]) {
                await cp(join(example, file), join(project.folder, file), { recursive: true });
            }
            const program = await readFile(join(example, "index.ts"), "utf8");
            await writeFile(join(project.folder, "index.ts"), program.replaceAll('"quickstart', `"${project.unique}`));
            await writeFile(
                join(project.folder, "Pulumi.yaml"),
                `name: ${project.unique}\nruntime: nodejs\nmain: index.ts\n`,
            );
            await writeFile(
                join(project.folder, "tsconfig.json"),
                JSON.stringify({ compilerOptions: { module: "commonjs", target: "es2022", strict: true } }),
            );
            try {
                const { output } = await project.up();
                assert.doesNotMatch(output, /Diagnostics:/); // an update without problems leaves no message behind
                const { name, imageDigest } = await project.outputs<Record<string, string>>();
                assert.equal(name, project.unique);
                assert.match(imageDigest ?? "", /^sha256:/);
                await project.preview("--expect-no-changes");
                await project.refresh("--expect-no-changes");
                await project.preview("--expect-no-changes");
                await project.destroy();
                assert.deepEqual(await leftovers(project.unique), []);
            } finally {
                await run("docker", ["rmi", "--force", `${project.unique}-app`]);
            }
        }),
    );
});
