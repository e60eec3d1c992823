/** What the tests use instead of parts of Pulumi: the files of a new stack, and the script that runs programs. */
import { strict as assert } from "node:assert";
import { readdir, readFile, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { checkout, type Project, withProject } from "../support/project";
import { must } from "../support/run";

/** Returns the files of a stack by name, without what differs from stack to stack: salts, times and versions. */
async function filesOf({ folder, backend }: Project): Promise<Record<string, unknown>> {
    const names = await readdir(backend, { recursive: true, withFileTypes: true });
    const paths = names
        .filter((entry) => entry.isFile() && !/\.(attrs|bak)$/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name));
    const files: Record<string, unknown> = {};
    for (const path of [...paths.sort(), join(folder, "Pulumi.test.yaml")]) {
        const text = (await readFile(path, "utf8")).replace(/v1:[\w+/=]+:v1:[\w+/=]+:[\w+/=]+/, "SALT");
        files[path] = path.endsWith(".json")
            ? (JSON.parse(text, (key, value: unknown) =>
                  ["time", "magic", "version"].includes(key) && typeof value === "string" ? "" : value,
              ) as unknown)
            : text;
    }
    return files;
}

describe("the test environment", () => {
    it(
        "writes the files that pulumi stack init writes",
        withProject(async (project) => {
            const { folder, backend, unique } = project;
            const written = await filesOf(project);
            const checkpoint = join(backend, ".pulumi/stacks", unique, "test.json");
            assert.deepEqual(Object.keys(written), [
                join(backend, ".pulumi/meta.yaml"),
                checkpoint,
                join(folder, "Pulumi.test.yaml"),
            ]);
            await rm(join(backend, ".pulumi"), { recursive: true });
            await rm(join(folder, "Pulumi.test.yaml"));
            await must("pulumi", ["stack", "init", "test", "--non-interactive"], { cwd: folder, env: project.env });
            assert.deepEqual(await filesOf(project), written);
        }),
    );

    it(
        "runs programs with the scripts for machines that cannot download Pulumi",
        withProject(async (project) => {
            project.env.PATH = `${join(checkout, "environment")}${delimiter}${process.env.PATH}`;
            await project.config("word", "plain");
            await project.config("token", "hidden", { secret: true });
            await project.program(`
                const config = new pulumi.Config();
                const state = new buildx.BuildKitState("cache", { builderName: unique });
                exports.word = config.require("word");
                exports.token = config.requireSecret("token");
                exports.volume = state.volumeName;`);
            const { output } = await project.up();
            for (const script of ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"]) {
                assert.ok(
                    output.includes(`using ${script} from $PATH at ${join(checkout, "environment", script)}`),
                    output,
                );
            }
            const { word, volume, token } = await project.outputs<Record<string, unknown>>();
            assert.deepEqual([word, volume], ["plain", `buildx_buildkit_${project.unique}0_state`]);
            assert.match((token as { ciphertext: string }).ciphertext, /^v1:/);
            await project.destroy();

            await project.program('throw new Error("stops here");');
            const failed = await project.failing("preview");
            assert.equal(failed.split("Error: stops here").length, 2, failed);
            assert.doesNotMatch(failed, /Program exited/);
        }),
    );
});
