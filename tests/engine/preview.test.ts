import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, leftovers } from "../support/docker";
import { context } from "../support/image";
import { builder, resources } from "../support/program";
import { withProject } from "../support/project";
import { withStack } from "../support/stack";

/** A resource that takes `imageArgs` and runs buildx, as docker-build's `Image` does. */
const imageBuild = `
const { execFileSync } = require("node:child_process");
const { appendFileSync } = require("node:fs");
class Image extends pulumi.dynamic.Resource {
    constructor(name, args) { super(provider, name, { ...args, built: undefined }); }
}
const provider = {
    check: async (_, inputs) => {
        const { appendFileSync } = require("node:fs");
        appendFileSync("seen", JSON.stringify({ builder: inputs.builder, platforms: inputs.platforms }) + "\\n");
        return { inputs };
    },
    create: async (inputs) => {
        const { execFileSync } = require("node:child_process");
        const args = ["buildx", "build", "--builder", inputs.builder.name, "--platform", inputs.platforms.join(",")];
        execFileSync("docker", [...args, "--output", "type=cacheonly", inputs.context], { stdio: "pipe" });
        return { id: "built", outs: { ...inputs, built: true } };
    },
};`;

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("a preview", () => {
    it(
        "creates nothing, has no name and no platforms, one up creates the builder and builds on it, and no platform is accepted that it does not offer",
        withProject(async (project) => {
            const folder = await context(project);
            const program = `${imageBuild}
                const state = new buildx.BuildKitState("cache", { builderName: unique });
                // An argument with the name of an output does not make that output known.
                const builder = new buildx.BuildxBuilder("builder", { name: unique, state, platforms: ["linux/amd64"] });
                const image = new Image("app", { ...builder.imageArgs(["linux/amd64"]), context: ${JSON.stringify(folder)} });
                new Image("own", { ...builder.imageArgs(), context: ${JSON.stringify(folder)} });
                exports.name = builder.name;
                exports.platforms = builder.platforms;
                exports.endpoint = builder.endpoint;
                exports.builderName = state.builderName;
                exports.built = image.built;`;
            await project.program(program);
            const { output } = await project.preview();
            for (const key of ["name", "platforms", "endpoint"]) {
                assert.match(output, new RegExp(`^ +(\\+ )?${key} *: (\\[unknown\\]|output<string>)`, "m"), output);
            }
            assert.match(output, new RegExp(`builderName *: "${project.unique}"`));
            const seen = async () => (await readFile(join(project.folder, "seen"), "utf8")).trim().split("\n");
            for (const line of await seen()) {
                assert.deepEqual(JSON.parse(line), { builder: { name: unknown }, platforms: [unknown] });
            }
            assert.deepEqual(await leftovers(project.unique), []);
            assert.deepEqual(await project.records(), []);

            await project.up();
            assert.deepEqual(JSON.parse((await seen()).at(-1) ?? ""), {
                builder: { name: project.unique },
                platforms: ["linux/amd64"],
            });
            assert.equal((await project.outputs<{ built: boolean }>()).built, true);
            assert.deepEqual(await project.records(), [project.unique]);
            await project.preview("--expect-no-changes");

            // The platforms are known now.
            await project.program(`${program} exports.args = builder.imageArgs(["linux/amd64", "linux/s390x"]);`);
            const refused = await project.failing("preview");
            assert.match(
                refused,
                /builder ".*" does not offer linux\/s390x, only linux\/amd64, .*register an emulator/,
            );
            assert.doesNotMatch(refused, /\n +at /);
        }),
    );

    it(
        "does not fail for arguments that are not known yet",
        withProject(async (project) => {
            const program = (shares: number) => `
                const first = new buildx.BuildxBuilder("first", { name: unique + "-1", driverOpts: { cpuShares: ${shares} } });
                const later = (value) => first.containerName.apply(() => value);
                new buildx.BuildxBuilder("whole", {
                    name: later(unique + "-2"),
                    driverOpts: later({ memory: "1g" }),
                    platforms: later(["linux/amd64"]),
                    buildkitdFlags: later(["--debug"]),
                    use: later(false),
                    bootTimeout: later(30),
                    labels: later({ a: "b" }),
                });
                new buildx.BuildxBuilder("parts", {
                    name: unique + "-3",
                    driverOpts: { memory: later("1g"), memorySwap: "2g", cpuQuota: later(50000), env: { A: later("b") } },
                    platforms: [later("linux/amd64")],
                    buildkitdFlags: [later("--debug")],
                });
                const state = new buildx.BuildKitState("cache", { builderName: later(unique + "-4") });
                new buildx.BuildxBuilder("on state", { state });`;
            await project.program(program(100));
            await project.preview();
            await project.up();
            assert.equal((await project.records()).length, 4);

            // While the first builder changes, the values from it are unknown again. The others may change, but are not replaced.
            await project.program(program(200));
            const { output } = await project.preview("--diff");
            assert.doesNotMatch(output, /replace|delete/);
            const containers = () => docker(["ps", "--quiet", "--filter", `name=${project.unique}`]);
            const before = await containers();
            await project.up();
            assert.equal(await containers(), before);
        }),
    );

    it(
        "reports invalid input at its property, before anything is created",
        withStack(async (stack) => {
            await stack.program(
                resources({
                    b: builder({
                        name: "default",
                        driverOpts: { memory: "512x", memroy: "1g" },
                        platforms: ["linux/amd65"],
                        plattforms: [],
                    }),
                }),
            );
            const output = await stack.failing("preview");
            for (const reported of [
                /error: name: "default" is not a valid builder name: buildx reserves it/,
                /error: driverOpts\.memory: "512x" is not a valid size: .*for example "512m" or "2g"/,
                /error: driverOpts: "memroy" is not a valid option of the docker-container driver: did you mean memory\?/,
                /error: platforms\[0\]: "linux\/amd65" is not a valid platform .*"amd65" is not a known architecture/,
                /error: plattforms: "plattforms" is not a valid argument: did you mean platforms\?/,
            ]) {
                assert.match(output, reported);
            }
            assert.deepEqual(await stack.records(), []);
        }),
    );
});
