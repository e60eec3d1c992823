import { strict as assert } from "node:assert";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cli, main, status } from "../support/cli";
import { second } from "../support/engines";
import { build, context } from "../support/image";
import { builder, resources, state } from "../support/program";
import { run } from "../support/run";
import { withStack } from "../support/stack";

describe("status", () => {
    it(
        "shows the builder and state of a stack, a builder that buildx created, and a second engine",
        withStack(async (stack) => {
            const { unique } = stack;
            await stack.program(
                resources({
                    cache: state({ builderName: unique }),
                    builder: builder({ state: "${cache}" }),
                    spare: state({ builderName: `${unique}-spare` }),
                }),
            );
            await stack.up();
            await build(stack, unique, await context(stack));
            const [byHand, far] = [`${unique}-hand`, `${unique}-far`];
            await stack.buildx("create", "--name", byHand, "--driver", "docker-container", "--bootstrap", "--use");
            await stack.buildx("create", "--name", far, "--driver", "docker-container", "--bootstrap");
            await stack.buildx("create", "--name", far, "--append", "--driver", "docker-container", second.host);
            await stack.buildx("stop", byHand);

            const { builders } = await status(stack);
            const of = (name: string) => builders.find((each) => each.name === name);
            const own = of(unique);
            assert.deepEqual(
                [own?.status, own?.hasRecord, own?.isCurrent, own?.driver],
                ["running", true, false, "docker-container"],
            );
            assert.deepEqual(own?.resource, {
                urn: stack.urn("BuildxBuilder", "builder"),
                ...{ stack: "test", project: unique, type: "BuildxBuilder", name: "builder" },
            });
            const [node] = own?.nodes ?? [];
            assert.match(node?.buildkitVersion ?? "", /^v\d/);
            assert.ok(node?.platforms.includes("linux/amd64") || node?.platforms.includes("linux/arm64"));
            const { total = 0, reclaimable, byType } = node?.cache ?? {};
            assert.ok(total > 1e6 && (reclaimable ?? 0) > 1e6 && Object.keys(byType ?? {}).includes("regular"));
            assert.ok(Date.now() - Date.parse(own?.lastUsed ?? "") < 120_000);

            // There is no container, but a volume.
            const spare = of(`${unique}-spare0`);
            assert.deepEqual(
                [spare?.status, spare?.hasRecord, spare?.resource?.type, spare?.resource?.name],
                ["volume only", false, "BuildKitState", "spare"],
            );
            assert.deepEqual(
                [of(byHand)?.status, of(byHand)?.isCurrent, of(byHand)?.resource],
                ["stopped", true, null],
            );
            const { cache: ofStopped } = of(byHand)?.nodes[0] ?? {};
            assert.ok((ofStopped?.total ?? 0) > 0);
            assert.equal(ofStopped?.reclaimable, null);
            assert.deepEqual(
                of(far)?.nodes.map((each) => [each.endpoint === second.host, each.status]),
                [
                    [false, "running"],
                    [true, "inactive"],
                ],
            );

            const table = (await cli(stack, "status", unique, byHand, far)).stdout;
            assert.match(table, new RegExp(`^${unique} +running .* v\\d.* ${unique}/test builder$`, "m"));
            assert.match(table, new RegExp(`^${byHand}\\* +stopped .* -$`, "m"));
            assert.match(table, new RegExp(`^${far} +1 of 2 running`, "m"));
            assert.match(table, new RegExp(`^ └ ${far}1 +inactive +${second.host}`, "m"));

            await stack.destroy();
            const gone = await cli(stack, "status", unique);
            assert.equal(gone.code, 1);
            assert.match(gone.output, new RegExp(`builder "${unique}" not found`));
        }),
    );

    it(
        "shows an engine that does not respond in its own rows, and all other engines",
        withStack(async (stack) => {
            await stack.buildx("create", "--name", stack.unique, "--driver", "docker-container", "--bootstrap");
            const silent = { Name: "s0", Endpoint: `tcp://${second.silent}` };
            const record = { Name: "silent", Driver: "docker-container", Nodes: [silent], Dynamic: false };
            await writeFile(join(stack.store, "instances/silent"), JSON.stringify(record));
            const before = performance.now();
            const { code, stdout } = await cli(stack, "status", "silent", stack.unique);
            assert.equal(code, 0);
            assert.ok(performance.now() - before < 12_000);
            assert.match(stdout, /^silent +unreachable/m);
            assert.match(stdout, new RegExp(`^${stack.unique} +running`, "m"));
            assert.match(stdout, /no response within 8 s/);
        }),
    );

    it(
        "works without an engine, a store and a project, and suggests the command that was meant",
        withStack(async (stack) => {
            stack.env.DOCKER_HOST = `unix://${stack.folder}/none.sock`;
            const { code, stdout } = await cli(stack, "status");
            assert.deepEqual([code, stdout], [0, "No builders with the docker-container driver.\n"]);
            const wrong = await cli(stack, "stauts");
            assert.equal(wrong.code, 2);
            assert.match(wrong.output, /did you mean status/);
            const loaded = `process.on("exit", () => console.error(Object.keys(require.cache).join("\\n")));
                process.argv.splice(1, 0, "pulumi-buildx"); require(${JSON.stringify(main)});`;
            const { output } = await run("node", ["--eval", loaded, "status"], { env: stack.env });
            assert.match(output, /cli.status/);
            assert.doesNotMatch(output, /@pulumi/);
            const help = await cli(stack, "--help");
            assert.equal(help.code, 0);
            assert.match(help.stdout, /doctor/);
        }),
    );
});
