import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeAuthority } from "../support/certificates";
import { docker, inspectContainer } from "../support/docker";
import { changeDockerConfig, isolateDockerConfig } from "../support/dockerConfig";
import { build, context } from "../support/image";
import { auth } from "../support/privateImage";
import { type Project, withProject } from "../support/project";
import { withRegistries } from "../support/registries";

const container = ({ unique }: Project) => `buildx_buildkit_${unique}0`;

/** A command in the builder's container. */
const inside = (project: Project, ...command: string[]) => docker(["exec", container(project), ...command]);

const configInside = (project: Project) => inside(project, "cat", "/etc/buildkit/buildkitd.toml");

/** Builds on an image that is in no cache. */
async function buildFrom(project: Project, image: string): Promise<string> {
    await project.buildx("prune", "--all", "--force", "--builder", project.unique);
    return (await build(project, project.unique, await context(project, `FROM ${image}\nRUN echo pulled\n`))).log;
}

const changes = /creating buildx_buildkit_.*: buildkitdConfig or a file that it names changed/;

describe("buildkitd's configuration", () => {
    it(
        "lets builds pull from private registries and through a mirror, bounds the cache, and changes with it kept",
        withProject((project) =>
            withRegistries(project, async ({ guarded, mutual, plain, authority, client, base }) => {
                const { unique } = project;
                const dockerConfig = await isolateDockerConfig(project);
                const program = (parallelism: number) => `
                    const { readFileSync } = require("node:fs");
                    new buildx.BuildxBuilder("b", {
                        name: unique,
                        buildkitdConfig: {
                            registry: {
                                "${guarded}": { ca: "${authority.cert}" },
                                "${mutual}": {
                                    ca: [readFileSync("${authority.cert}", "utf8")],
                                    keypair: { key: readFileSync("${client.key}", "utf8"), cert: pulumi.output("${client.cert}") },
                                },
                                "${plain}": { http: true },
                                "docker.io": { mirrors: ["${plain}"] },
                            },
                            worker: {
                                oci: {
                                    maxParallelism: ${parallelism},
                                    gcPolicy: [
                                        { keepDuration: "48h", filters: ["type==source.local"], maxUsedSpace: "512MB" },
                                        { all: true, reservedSpace: "1GB", maxUsedSpace: 2_000_000_000 },
                                    ],
                                },
                            },
                        },
                    });`;
                await project.program(program(2));
                await project.preview();
                await project.up();

                await assert.rejects(buildFrom(project, `${guarded}/${base}`), /no basic auth credentials|401/);
                await changeDockerConfig(dockerConfig, { auths: { [guarded]: { auth } } });
                for (const image of [`${guarded}/${base}`, `${mutual}/${base}`, base]) {
                    assert.match(await buildFrom(project, image), / pulled$/m, image);
                }
                await assert.rejects(
                    build(project, "default", await context(project, `FROM ${mutual}/${base}\n`)),
                    /certificate|x509/,
                );

                const workers = await inside(project, "buildctl", "debug", "workers", "--format", "{{json .}}");
                const [{ gcPolicy }] = JSON.parse(workers);
                const none = { all: false, filter: null, keepDuration: 0, reservedSpace: 0, minFreeSpace: 0 };
                const local = {
                    filter: ["type==source.local"],
                    keepDuration: 48 * 3600e9,
                    maxUsedSpace: 512 * 1024 ** 2,
                };
                assert.deepEqual(gcPolicy, [
                    { ...none, ...local },
                    { ...none, all: true, reservedSpace: 1024 ** 3, maxUsedSpace: 2e9 },
                ]);
                await project.refresh("--expect-no-changes");
                await project.preview("--expect-no-changes");

                const folder = await context(project);
                await build(project, unique, folder);
                const other = await makeAuthority(project.folder, "other");
                const both = (await readFile(authority.cert, "utf8")) + (await readFile(other.cert, "utf8"));
                await writeFile(authority.cert, both);
                assert.match(await project.failing("preview", "--expect-no-changes"), /1 to update/);
                assert.match((await project.up()).output, /creating buildx_buildkit_.*: buildkitdConfig changed/);
                const path = `/etc/buildkit/certs/${guarded.replace(":", "_")}/authority.crt`;
                assert.equal(await inside(project, "cat", path), both);
                await project.program(program(3));
                assert.match((await project.up()).output, /creating buildx_buildkit_.*: buildkitdConfig changed/);
                assert.match(await configInside(project), /max-parallelism = 3/);
                assert.equal((await build(project, unique, folder)).cached, 3);
                await project.preview("--expect-no-changes");
                await project.destroy();
            }),
        ),
    );

    it(
        "that someone changed in the container is seen by refresh and mended",
        withProject(async (project) => {
            await project.program('new buildx.BuildxBuilder("b", { name: unique, buildkitdConfig: "debug = true" });');
            await project.up();
            const asked = await configInside(project);
            const folder = await context(project);
            await build(project, project.unique, folder);

            await inside(project, "touch", "/etc/buildkit/not-of-the-configuration");
            await project.refresh("--expect-no-changes");
            for (const change of ["sed -i s/true/false/", "echo '# by hand' >>", "rm"]) {
                await inside(project, "sh", "-c", `${change} /etc/buildkit/buildkitd.toml`);
                assert.match(await project.failing("refresh", "--expect-no-changes"), /changes/);
                assert.match((await project.up()).output, changes);
                assert.equal(await configInside(project), asked);
            }
            await project.preview("--expect-no-changes");
            assert.equal((await build(project, project.unique, folder)).cached, 3);
            await project.destroy();
        }),
    );

    it(
        "is buildx's default one where there is one and none is given",
        withProject(async (project) => {
            const program = (more = "") => `new buildx.BuildxBuilder("b", { name: unique, ${more} });`;
            const file = join(project.store, "buildkitd.default.toml");
            await project.program(program());
            await project.up();
            assert.ok(!(await inspectContainer(container(project)))?.Config.Cmd?.includes("--config"));

            await writeFile(file, "debug = true\nsome-key-of-a-later-buildkit = 1\n");
            assert.match((await project.up()).output, changes);
            assert.match(await configInside(project), /^debug = true$/m);
            await project.refresh("--expect-no-changes");
            await project.preview("--expect-no-changes");

            await writeFile(file, "debug = true\n[registry.'r.example']\nca = ['none.pem']\n");
            const refused = await project.failing("preview");
            for (const said of [`buildx's default configuration ${file} is not valid`, '"none.pem" cannot be read']) {
                assert.ok(refused.includes(said), refused);
            }
            await project.program(program("buildkitdConfig: { log: { level: 'warn' } }"));
            await project.up();
            assert.equal(await configInside(project), '[log]\nlevel = "warn"\n');
            await project.destroy();
        }),
    );

    it(
        "that is wrong is told at preview, each at its property",
        withProject(async (project) => {
            await project.program(`
                const config = { registry: { "r.example": { ca: "none.pem", htttp: true } }, worker: { oci: { gcPolicy: [{ keepDuration: "7d" }] } } };
                const text = "debug = true\\n[worker.oci\\n";
                const nodes = [
                    { endpoint: "unix:///a" },
                    { endpoint: "unix:///b", buildkitdConfig: { debug: "yes" } },
                    { endpoint: "unix:///c", buildkitdConfig: text },
                ];
                new buildx.BuildxBuilder("b", { buildkitdConfig: config, nodes });`);
            const output = await project.failing("preview");
            for (const said of [
                'buildkitdConfig.registry["r.example"].ca',
                '"none.pem" cannot be read (file not found)',
                'buildkitdConfig.registry["r.example"].htttp',
                "did you mean http?",
                "buildkitdConfig.worker.oci.gcPolicy[0].keepDuration",
                'Write "168h"',
                "nodes[1].buildkitdConfig.debug",
                '"yes" is not a valid value: must be true or false',
                "nodes[2].buildkitdConfig",
                "invalid TOML at line 2, column ",
            ]) {
                assert.ok(output.includes(said), `${said}\n${output}`);
            }
        }),
    );
});
