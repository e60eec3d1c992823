import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkout, Project } from "../support/project";
import { must } from "../support/run";

/** The version of Pulumi's SDK that the checkout has, so that nothing is downloaded twice. */
async function sdkVersion(): Promise<string> {
    const text = await readFile(join(checkout, "node_modules/@pulumi/pulumi/package.json"), "utf8");
    return (JSON.parse(text) as { version: string }).version;
}

const npmInstall = (cwd: string, ...packages: string[]) =>
    must("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts", ...packages], { cwd });

/** A folder in which Pulumi's SDK is installed, which each way starts from. */
let withSdk: string;

/** Each way in which a program may come to have the package. */
const ways: Record<string, (project: Project, scratch: string) => Promise<unknown>> = {
    "a packed tarball": async (project, scratch) => {
        const [{ filename }]: [{ filename: string }] = JSON.parse(
            await must("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", scratch], { cwd: checkout }),
        );
        await npmInstall(project.folder, join(scratch, filename));
    },
    "file:": (project) => npmInstall(project.folder, `file:${checkout}`),
    "a symlink": (project) => symlink(checkout, join(project.folder, "node_modules/pulumi-buildx")),
};

const provider = (type: string) => `exports.handler = () => require("pulumi-buildx/dynamic").${type};`;

/** Compiles a program that imports the package with every declaration, and no more types than the package brings. */
async function compilesAsUsed(folder: string): Promise<void> {
    await writeFile(join(folder, "typed.ts"), 'export * from "pulumi-buildx";\n');
    const compilerOptions = { noEmit: true, strict: true, module: "nodenext", types: [] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["typed.ts"] }));
    await must(join(checkout, "node_modules/.bin/tsc"), ["--project", "."], { cwd: folder });
}

describe("the package", () => {
    before(async () => {
        withSdk = await mkdtemp(join(tmpdir(), "pulumi-buildx-sdk-"));
        await writeFile(join(withSdk, "package.json"), "{}");
        await npmInstall(withSdk, `@pulumi/pulumi@${await sdkVersion()}`);
    });
    after(() => rm(withSdk, { recursive: true, force: true }));

    for (const [way, install] of Object.entries(ways)) {
        it(`works from ${way}, and keeps one line of itself in the state`, async () => {
            const project = await Project.make({ modules: "none" });
            const scratch = await mkdtemp(join(tmpdir(), "pulumi-buildx-pack-"));
            try {
                const { dependencies } = JSON.parse(await readFile(join(withSdk, "package.json"), "utf8"));
                const own = JSON.parse(await readFile(join(project.folder, "package.json"), "utf8"));
                await writeFile(join(project.folder, "package.json"), JSON.stringify({ ...own, dependencies }));
                await must("cp", ["-al", join(withSdk, "node_modules"), project.folder]);
                await install(project, scratch);
                await project.program(`
                    const state = new buildx.BuildKitState("cache", { builderName: unique });
                    exports.status = new buildx.BuildxBuilder("builder", { state }).status;`);
                if (way === "a packed tarball") await compilesAsUsed(project.folder);

                await project.up();
                assert.deepEqual(await project.outputs(), { status: "running" });
                if (way !== "a symlink") {
                    const bin = join(project.folder, "node_modules/.bin/pulumi-buildx");
                    const table = await must(bin, ["status", project.unique], { env: project.env });
                    assert.match(
                        table,
                        new RegExp(`^${project.unique} +running .* ${project.unique}/test builder$`, "m"),
                    );
                    await must(bin, ["doctor", project.unique], { env: project.env });
                }
                await project.refresh("--expect-no-changes");
                // States of every release hold these words: they can never change.
                assert.deepEqual(
                    (await project.state()).map(({ type, inputs }) => [type, inputs.__provider]),
                    [
                        ["pulumi-nodejs:dynamic/buildx:BuildKitState", provider("BuildKitState")],
                        ["pulumi-nodejs:dynamic/buildx:BuildxBuilder", provider("BuildxBuilder")],
                    ],
                );
                await project.destroy();
            } finally {
                await rm(scratch, { recursive: true, force: true });
                await project.remove();
            }
        });
    }

    it("is imported from CommonJS, from ES modules and with types, docker-build's among them", async () => {
        const folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-types-"));
        try {
            await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
            await writeFile(
                join(folder, "a.cjs"),
                'const { BuildxBuilder, BuildKitState, getBuilder, getBuilderOutput } = require("pulumi-buildx");\n' +
                    "console.log([BuildxBuilder, BuildKitState, getBuilder, getBuilderOutput].map((each) => typeof each).join());\n",
            );
            await writeFile(
                join(folder, "a.mjs"),
                'import { BuildxBuilder, BuildKitState, getBuilder, getBuilderOutput } from "pulumi-buildx";\n' +
                    'import * as buildx from "pulumi-buildx";\n' +
                    "console.log([BuildxBuilder, buildx.BuildKitState, getBuilder, getBuilderOutput].map((each) => typeof each).join());\n",
            );
            for (const file of ["a.cjs", "a.mjs"]) {
                assert.equal(await must("node", [file], { cwd: folder }), "function,function,function,function\n");
            }
            await mkdir(join(folder, "src"));
            await writeFile(join(folder, "src/index.ts"), typed);
            for (const [module, resolution] of [
                ["commonjs", "node10"],
                ["node16", "node16"],
                ["esnext", "bundler"],
            ] as const) {
                const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--types", "node"];
                await must("tsc", [...options, "--module", module, "--moduleResolution", resolution, "src/index.ts"], {
                    cwd: folder,
                });
            }
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    });
});

const typed = `import * as dockerBuild from "@pulumi/docker-build";
import * as buildx from "pulumi-buildx";

const state = new buildx.BuildKitState("cache", { builderName: "container" });
const builder = new buildx.BuildxBuilder("container", {
    state,
    driverOpts: { memory: "2g", env: { HTTP_PROXY: "http://proxy:3128" } },
});
new dockerBuild.Image("some", { ...builder.imageArgs(["linux/amd64", "linux/arm64"]), push: false });
new dockerBuild.Image("own", { ...builder.imageArgs(), push: false });
// @ts-expect-error there is no such platform in docker-build
new dockerBuild.Image("none", { ...builder.imageArgs(["linux/amd65"]), push: false });
// @ts-expect-error there is no such option
new buildx.BuildxBuilder("wrong", { driverOpts: { memroy: "2g" } });
const config: buildx.BuildkitdConfig = { worker: { oci: { maxParallelism: 4, gcPolicy: [{ all: true }] } } };
const running = builder.status.apply((status) => status === "running");
const registry = { "r.example": { ca: builder.name, http: running, keypair: { key: builder.name, cert: "c.pem" } } };
new buildx.BuildxBuilder("object", { buildkitdConfig: config });
new buildx.BuildxBuilder("outputs", { buildkitdConfig: { debug: running, registry, entitlements: [builder.name] } });
new buildx.BuildxBuilder("toml", { buildkitdConfig: { "insecure-entitlements": [], worker: { oci: { "max-parallelism": 4 } } } });
new buildx.BuildxBuilder("text", { buildkitdConfig: builder.name });
// @ts-expect-error there is no such key
new buildx.BuildxBuilder("none", { buildkitdConfig: { worker: { oci: { maxParalelism: 4 } } } });
export const { name, containerName, endpoint, platforms, nodes } = builder;
`;
