import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeAuthority } from "../support/certificates";
import { docker, inspectContainer } from "../support/docker";
import { changeDockerConfig, isolateDockerConfig } from "../support/dockerConfig";
import { build, context } from "../support/image";
import { auth } from "../support/privateImage";
import { builder, resources } from "../support/program";
import { withRegistries } from "../support/registries";
import { type Stack, withStack } from "../support/stack";
import { containerOf } from "../support/state";

/** Runs a command in the builder's container. */
const inside = ({ unique }: Stack, ...command: string[]) => docker(["exec", containerOf(unique), ...command]);

const configInside = (stack: Stack) => inside(stack, "cat", "/etc/buildkit/buildkitd.toml");

/** Builds from an image that is in no cache. */
async function buildFrom(stack: Stack, image: string): Promise<string> {
    await stack.buildx("prune", "--all", "--force", "--builder", stack.unique);
    return (await build(stack, stack.unique, await context(stack, `FROM ${image}\nRUN echo pulled\n`))).log;
}

const withConfig = ({ unique }: Stack, args: object = {}) => resources({ b: builder({ name: unique, ...args }) });

const recreated = /creating buildx_buildkit_.*: buildkitdConfig or a file that it names changed/;

describe("buildkitd's configuration", () => {
    it(
        "lets builds pull from private registries and through a mirror, and bounds the cache; a change keeps the cache",
        withStack((stack) =>
            withRegistries(stack, async ({ guarded, mutual, plain, authority, client, base }) => {
                const { unique } = stack;
                const dockerConfig = await isolateDockerConfig(stack);
                const [ca, key] = await Promise.all([authority.cert, client.key].map((path) => readFile(path, "utf8")));
                const program = (maxParallelism: number) =>
                    withConfig(stack, {
                        buildkitdConfig: {
                            registry: {
                                [guarded]: { ca: authority.cert },
                                [mutual]: { ca: [ca], keypair: { key, cert: client.cert } },
                                [plain]: { http: true },
                                "docker.io": { mirrors: [plain] },
                            },
                            worker: {
                                oci: {
                                    maxParallelism,
                                    gcPolicy: [
                                        { keepDuration: "48h", filters: ["type==source.local"], maxUsedSpace: "512MB" },
                                        { all: true, reservedSpace: "1GB", maxUsedSpace: 2_000_000_000 },
                                    ],
                                },
                            },
                        },
                    });
                await stack.program(program(2));
                await stack.preview();
                await stack.up();

                await assert.rejects(buildFrom(stack, `${guarded}/${base}`), /no basic auth credentials|401/);
                await changeDockerConfig(dockerConfig, { auths: { [guarded]: { auth } } });
                for (const image of [`${guarded}/${base}`, `${mutual}/${base}`, base]) {
                    assert.match(await buildFrom(stack, image), / pulled$/m, image);
                }
                await assert.rejects(
                    build(stack, "default", await context(stack, `FROM ${mutual}/${base}\n`)),
                    /certificate|x509/,
                );

                const workers = await inside(stack, "buildctl", "debug", "workers", "--format", "{{json .}}");
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
                await stack.refresh("--expect-no-changes");
                await stack.preview("--expect-no-changes");

                const folder = await context(stack);
                await build(stack, unique, folder);
                const other = await makeAuthority(stack.folder, "other");
                const both = ca + (await readFile(other.cert, "utf8"));
                await writeFile(authority.cert, both);
                await stack.preview();
                assert.deepEqual(stack.steps, { b: "update" });
                assert.match((await stack.up()).output, recreated);
                const path = `/etc/buildkit/certs/${guarded.replace(":", "_")}/authority.crt`;
                assert.equal(await inside(stack, "cat", path), both);
                await stack.program(program(3));
                assert.match((await stack.up()).output, /creating buildx_buildkit_.*: buildkitdConfig changed/);
                assert.match(await configInside(stack), /max-parallelism = 3/);
                assert.equal((await build(stack, unique, folder)).cached, 3);
                await stack.preview("--expect-no-changes");
            }),
        ),
    );

    it(
        "is restored by the next up after a refresh finds that someone changed it in the container",
        withStack(async (stack) => {
            await stack.program(withConfig(stack, { buildkitdToml: "debug = true" }));
            await stack.up();
            const requested = await configInside(stack);
            const folder = await context(stack);
            await build(stack, stack.unique, folder);

            await inside(stack, "touch", "/etc/buildkit/not-of-the-configuration");
            await stack.refresh("--expect-no-changes");
            for (const change of ["sed -i s/true/false/", "echo '# by hand' >>", "rm"]) {
                await inside(stack, "sh", "-c", `${change} /etc/buildkit/buildkitd.toml`);
                await stack.refresh();
                assert.deepEqual(stack.steps, { b: "update" });
                assert.match((await stack.up()).output, recreated);
                assert.equal(await configInside(stack), requested);
            }
            await stack.preview("--expect-no-changes");
            assert.equal((await build(stack, stack.unique, folder)).cached, 3);
        }),
    );

    it(
        "is buildx's default configuration if that exists and the program sets none",
        withStack(async (stack) => {
            const file = join(stack.store, "buildkitd.default.toml");
            await stack.program(withConfig(stack));
            await stack.up();
            const created = await inspectContainer(containerOf(stack.unique));
            assert.ok(!created?.Config.Cmd?.includes("--config"));

            await writeFile(file, "debug = true\nsome-key-of-a-later-buildkit = 1\n");
            assert.match((await stack.up()).output, recreated);
            assert.match(await configInside(stack), /^debug = true$/m);
            await stack.refresh("--expect-no-changes");
            await stack.preview("--expect-no-changes");

            await writeFile(file, "debug = true\n[registry.'r.example']\nca = ['none.pem']\n");
            const refused = await stack.failing("preview");
            for (const said of [`buildx's default configuration ${file} is not valid`, '"none.pem" cannot be read']) {
                assert.ok(refused.includes(said), refused);
            }
            await stack.program(withConfig(stack, { buildkitdConfig: { log: { level: "warn" } } }));
            await stack.up();
            assert.equal(await configInside(stack), '[log]\nlevel = "warn"\n');
        }),
    );

    it(
        "makes a preview fail if it is not valid, with an error for each property",
        withStack(async (stack) => {
            const buildkitdConfig = {
                registry: { "r.example": { ca: "none.pem", htttp: true } },
                worker: { oci: { gcPolicy: [{ keepDuration: "7d" }] } },
            };
            const nodes = [
                { endpoint: "unix:///a" },
                { endpoint: "unix:///b", buildkitdConfig: { debug: "yes" } },
                { endpoint: "unix:///c", buildkitdToml: "debug = true\n[worker.oci\n" },
            ];
            await stack.program(withConfig(stack, { buildkitdConfig, nodes }));
            const output = await stack.failing("preview");
            for (const [property, reason] of [
                ['buildkitdConfig.registry["r.example"].ca', '"none.pem" cannot be read (file not found)'],
                ['buildkitdConfig.registry["r.example"].htttp', "did you mean http?"],
                ["buildkitdConfig.worker.oci.gcPolicy[0].keepDuration", 'Write "168h"'],
                ["nodes[1].buildkitdConfig.debug", '"yes" is not a valid value: must be true or false'],
                ["nodes[2].buildkitdToml", "invalid TOML at line 2, column "],
            ] as const) {
                const errors = output.split("\n").filter((line) => line.startsWith(`error: ${property}: `));
                assert.ok(errors.join("\n").includes(reason), `${property}\n${output}`);
            }
        }),
    );
});
