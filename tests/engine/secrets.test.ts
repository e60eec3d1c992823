import { strict as assert } from "node:assert";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { inspectContainer } from "../support/docker";
import { withProject } from "../support/project";

describe("a secret", () => {
    it(
        "appears in no output, diff, log or state, and on disk only where its owner alone can read it",
        withProject(async (project) => {
            const hush = `hush-${project.unique}-hush`;
            const program = (value: string, more = "") => `
                const state = new buildx.BuildKitState("cache", { builderName: unique });
                const builder = new buildx.BuildxBuilder("b", {
                    state,
                    driverOpts: { env: { TOKEN: pulumi.secret("${value}"), HTTP_PROXY: pulumi.interpolate\`http://me:\${pulumi.secret("${value}")}@proxy\` } },
                    ${more}
                });
                exports.builder = { name: builder.name, nodes: builder.nodes, status: builder.status };`;
            const seen: string[] = [];
            const watch = async (command: string, ...args: string[]) => {
                const { output } = await project.try(command, ...args);
                // Pulumi's own debug log tells of every resource what the engine answered, secrets included.
                seen.push(output.replace(/^debug: RegisterResource RPC finished.*$/gm, ""));
            };
            await project.program(program(hush));
            await watch("preview", "--diff");
            await watch("up", "--diff", "--debug");
            const container = `buildx_buildkit_${project.unique}0`;
            assert.ok((await inspectContainer(container))?.Config.Env.includes(`TOKEN=${hush}`));
            await watch("preview", "--diff", "--debug");
            await watch("refresh", "--diff", "--debug");
            await project.program(program(`${hush}-2`));
            await watch("preview", "--diff");
            await watch("up", "--diff");
            await project.program(program(`${hush}-2`, 'buildkitdFlags: ["--no-such-flag"], '));
            await watch("up", "--diff");
            await project.program(program(`${hush}-2`, 'pull: "nonsense"'));
            await watch("preview");
            await watch("stack", "export");
            await watch("stack", "output", "--json");
            for (const text of seen) assert.ok(!text.includes(hush), text);
            assert.ok(seen.some((text) => text.includes("BuildKit did not boot")));

            const record = join(project.store, "instances", project.unique);
            assert.ok((await readFile(record, "utf8")).includes(hush)); // where buildx has it too
            assert.equal((await stat(record)).mode & 0o777, 0o600);
            assert.equal((await stat(join(project.store, "instances"))).mode & 0o777, 0o700);
            for (const file of await readdir(project.store, { recursive: true, withFileTypes: true })) {
                if (file.isFile())
                    assert.equal((await stat(join(file.parentPath, file.name))).mode & 0o777, 0o600, file.name);
            }
            await project.try("destroy");
        }),
    );
});
