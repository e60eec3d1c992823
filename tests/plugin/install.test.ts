import { strict as assert } from "node:assert";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cli, main } from "../support/cli";
import { leftovers } from "../support/docker";
import { startHttpServer } from "../support/httpServer";
import { packageVersion, pluginMain, withYamlProject, type YamlProject } from "../support/languages";
import { checkout } from "../support/project";
import { must, run } from "../support/run";

/** A state of its own: a resource that needs no BuildKit. */
const state = ({ unique }: YamlProject) => ({
    resources: { cache: { type: "buildx:BuildKitState", properties: { builderName: unique } } },
});

/** Removes the plugin that the project has installed. */
async function withoutPlugin(project: YamlProject): Promise<string> {
    const plugins = join(project.env.PULUMI_HOME ?? "", "plugins");
    const installed = join(plugins, `resource-buildx-v${await packageVersion()}`);
    await rm(plugins, { recursive: true, force: true });
    return installed;
}

async function creates(project: YamlProject): Promise<void> {
    await project.program(state(project));
    await project.up();
    assert.deepEqual(await leftovers(project.unique), [`buildx_buildkit_${project.unique}0_state`]);
}

describe("the plugin's installation", () => {
    it(
        "gives the CLI a plugin that works, once, and says how to go on in each language",
        withYamlProject(async (project) => {
            const installed = await withoutPlugin(project);
            const first = await cli(project, "plugin", "install");
            assert.equal(first.code, 0, first.output);
            assert.match(first.stdout, new RegExp(`^Installed the plugin buildx \\S+ in ${installed}\\.\n`));
            assert.match(first.stdout, /pulumi package add buildx@.*\n[^]*pulumi config set buildx:plugin true/);
            const files = await readdir(installed, { recursive: true });
            assert.deepEqual(
                files.filter((file) => /@pulumi\/pulumi\/(?!proto|package\.json)/.test(file)),
                [],
            );
            const second = await cli(project, "plugin", "install");
            assert.match(second.stdout, /^The plugin buildx \S+ is already installed in /);
            assert.equal(second.code, 0);
            delete project.env.NODE_COMPILE_CACHE; // users do not set it, and it takes precedence
            await creates(project);
            assert.deepEqual(
                (await readdir(installed)).filter((file) => file === ".compile-cache"),
                [".compile-cache"],
                "the plugin does not save its compiled code",
            );
            const third = await cli(project, "plugin", "install");
            assert.match(third.stdout, /^The plugin buildx \S+ is already installed in /);

            // Other files of the same version are replaced.
            const schema = join(installed, "schema.json");
            await writeFile(schema, "{}");
            assert.match((await cli(project, "plugin", "install")).stdout, /^Installed /);
            assert.equal(await readFile(schema, "utf8"), await readFile(join(checkout, "schema.json"), "utf8"));
        }),
    );

    it(
        "names a missing and an old CLI, and a home that cannot be written",
        withYamlProject(async (project) => {
            const installed = await withoutPlugin(project);
            const withCli = async (script: string | undefined) => {
                const folder = join(project.folder, "bin");
                await rm(folder, { recursive: true, force: true });
                await mkdir(folder);
                if (script !== undefined) {
                    await writeFile(join(folder, "pulumi"), `#!/bin/sh\n${script}\n`);
                    await chmod(join(folder, "pulumi"), 0o755);
                }
                const env = { ...project.env, PATH: folder };
                return run(process.execPath, [main, "plugin", "install"], { env });
            };
            const missing = await withCli(undefined);
            assert.match(missing.output, /the Pulumi CLI was not found on the PATH\. Install it: https:/);
            assert.equal(missing.code, 4);
            const old = await withCli("echo v3.100.0");
            assert.match(
                old.output,
                /the Pulumi CLI is v3\.100\.0, and the plugin needs v3\.\d+\.0 or newer\. Update it:/,
            );
            assert.equal(old.code, 4);

            await writeFile(join(project.env.PULUMI_HOME ?? "", "plugins"), "a file in place of the folder");
            const refused = await cli(project, "plugin", "install");
            assert.match(refused.output, new RegExp(`the plugin cannot be installed in ${installed}: `));
            assert.match(refused.output, /set PULUMI_HOME/);
            assert.equal(refused.code, 4);
            await rm(join(project.env.PULUMI_HOME ?? "", "plugins"));
        }),
    );

    it(
        "does not start on an older Node.js, and says which one it found",
        withYamlProject(async (project) => {
            const older = join(project.folder, "older.cjs");
            const versions = '{ ...process.versions, node: "22.18.0" }';
            await writeFile(older, `Object.defineProperty(process, "versions", { value: ${versions} });`);
            const { code, output } = await run(process.execPath, ["--require", older, pluginMain]);
            assert.match(
                output,
                /^pulumi-resource-buildx needs Node\.js 22\.19 or newer, but the node on the PATH is v/,
            );
            assert.equal(code, 1);
            const { engines } = JSON.parse(await readFile(join(checkout, "package.json"), "utf8")) as {
                engines: { node: string };
            };
            assert.equal(engines.node, ">=22.19");
        }),
    );

    it(
        "works from the tarball of a release, which the CLI downloads",
        withYamlProject(async (project) => {
            const installed = await withoutPlugin(project);
            const machine = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
            const release = join(project.folder, "release");
            const pack = ["-r", "ts-node/register/transpile-only", "environment/pack-plugin.ts", machine];
            await must("node", pack, { cwd: checkout, env: { ...process.env, PLUGIN_RELEASE_FOLDER: release } });
            const name = `pulumi-resource-buildx-v${await packageVersion()}-${machine}.tar.gz`;
            const tarball = await readFile(join(release, name));
            assert.ok(tarball.length < 3_000_000, `${tarball.length} bytes`);
            const server = await startHttpServer(({ url }, response) =>
                url === `/${name}` ? response.end(tarball) : response.writeHead(404).end(),
            );
            try {
                const args = [
                    "plugin",
                    "install",
                    "resource",
                    "buildx",
                    await packageVersion(),
                    "--server",
                    server.origin,
                ];
                await must("pulumi", args, { cwd: project.folder, env: project.env });
                assert.deepEqual(
                    server.asked.map(({ url }) => url),
                    [`/${name}`],
                );
                await creates(project);
                // The client of Kubernetes is packed without most of its files.
                const library = JSON.stringify(join(installed, "dist/provider/cluster/library.js"));
                const load = `require(${library}).loadLibrary().then(({ KubeConfig }) => new KubeConfig())`;
                await must(process.execPath, ["--eval", load]);
            } finally {
                await server.stop();
            }
        }),
    );
});
