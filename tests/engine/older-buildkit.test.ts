import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, context } from "../support/image";
import { checkout, withProject } from "../support/project";

/** The release that the tests' environment has beside the current one. */
async function olderImage(): Promise<{ image: string; version: string }> {
    const modules = await readFile(join(checkout, "environment/tools/older-buildkit/go.mod"), "utf8");
    const version = /github\.com\/moby\/buildkit (v\S+)/.exec(modules)?.[1] ?? "";
    return { image: `moby/buildkit:${version}`, version };
}

describe("a BuildKit that is older than the one that wrote its state", () => {
    it(
        "finds the cache there, and the user is told, also where the builder itself is another one by then",
        withProject(async (project) => {
            const { image, version } = await olderImage();
            const program = (args?: string) =>
                project.program(`
                    const state = new buildx.BuildKitState("cache", { builderName: unique });
                    ${args === undefined ? "" : `exports.version = new buildx.BuildxBuilder("b", { state, ${args} }).buildkitVersion;`}`);
            await program("pull: 'missing'");
            await project.up();
            const { version: newer } = await project.outputs<{ version: string }>();
            const folder = await context(project);
            await build(project, project.unique, folder);

            await program();
            await project.up();
            await program(`driverOpts: { image: "${image}" }`);
            const { output } = await project.up();
            const said = `BuildKit ${version} in buildx_buildkit_${project.unique}0 uses a state that BuildKit ${newer} wrote`;
            assert.ok(output.replace(/\s+/g, " ").includes(said), output);
            assert.equal((await project.outputs<{ version: string }>()).version, version);
            assert.equal((await build(project, project.unique, folder)).cached, 3);

            await program("pull: 'missing'");
            const { output: upgraded } = await project.up();
            assert.doesNotMatch(upgraded, /uses a state that/);
            assert.equal((await build(project, project.unique, folder)).cached, 3);
            await project.destroy();
        }),
    );
});
