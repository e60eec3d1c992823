import { strict as assert } from "node:assert";
import { inspectContainer, leftovers } from "../support/docker";
import { second } from "../support/engines";
import { build, context } from "../support/image";
import { withProject } from "../support/project";

const first = "unix:///var/run/docker.sock";

describe("adoption", () => {
    it(
        "takes over a builder that buildx made, in place and with its cache, and lets go of all of it",
        withProject(async (project) => {
            const container = `buildx_buildkit_${project.unique}0`;
            await project.buildx("create", "--name", project.unique, "--driver", "docker-container", "--bootstrap");
            const folder = await context(project);
            await build(project, project.unique, folder);
            const made = await inspectContainer(container);
            const program = (args: string) => `new buildx.BuildxBuilder("b", { name: unique, ${args} });`;

            await project.program(program(""));
            assert.match(await project.failing("up"), /Set adopt: true to take it over with its cache/);

            await project.program(program('adopt: true, driverOpts: { memory: "1g" }'));
            await project.up();
            await project.preview("--expect-no-changes");
            await project.refresh("--expect-no-changes");
            const found = await inspectContainer(container);
            assert.deepEqual(
                [found?.Id, found?.State.StartedAt, found?.HostConfig.Memory],
                [made?.Id, made?.State.StartedAt, 1024 ** 3],
            );
            assert.equal((await build(project, project.unique, folder)).cached, 3);

            await project.program(program('adopt: true, driverOpts: { env: { A: "1" } }'));
            await project.up();
            assert.notEqual((await inspectContainer(container))?.Id, made?.Id);
            assert.equal((await build(project, project.unique, folder)).cached, 3);

            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
            assert.deepEqual(await project.records(), []);
        }),
    );

    it(
        "of a volume by a state keeps what it holds",
        withProject(async (project) => {
            await project.buildx("create", "--name", project.unique, "--driver", "docker-container", "--bootstrap");
            const folder = await context(project);
            await build(project, project.unique, folder);
            await project.buildx("rm", "--keep-state", project.unique);
            await project.program(`
                const state = new buildx.BuildKitState("cache", { builderName: unique });
                new buildx.BuildxBuilder("b", { state });
                exports.adopted = state.adopted;`);
            await project.up();
            assert.deepEqual(await project.outputs(), { adopted: true });
            assert.equal((await build(project, project.unique, folder)).cached, 3);
            await project.refresh("--expect-no-changes");
            await project.preview("--expect-no-changes");
        }),
    );

    it(
        "takes over a record that was never booted",
        withProject(async (project) => {
            await project.buildx("create", "--name", project.unique, "--driver", "docker-container");
            await project.program(
                `exports.status = new buildx.BuildxBuilder("b", { name: unique, adopt: true, platforms: ["linux/arm64"] }).status;`,
            );
            await project.up();
            assert.deepEqual(await project.outputs(), { status: "running" });
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );

    it(
        "takes over neither a builder of another driver nor one with nodes that the program does not name",
        withProject(async (project) => {
            const { unique } = project;
            const builder = (args: string) => `new buildx.BuildxBuilder("b", { name: unique, ${args} });`;
            await project.buildx("create", "--name", unique, "--driver", "remote", "tcp://127.0.0.1:1");
            const remote = await project.record(unique);
            for (const args of ["", "adopt: true"]) {
                await project.program(builder(args));
                const said = await project.failing("up");
                assert.match(
                    said,
                    /already exists in buildx's store, with the driver remote instead of docker-container/,
                );
            }
            assert.deepEqual(await project.record(unique), remote);
            await project.buildx("rm", unique);

            const create = ["create", "--name", unique, "--driver", "docker-container"];
            await project.buildx(...create, first);
            await project.buildx(...create, "--append", second.host);
            await project.buildx("inspect", "--bootstrap", unique);
            const two = await project.record(unique);
            await project.program(builder("adopt: true"));
            const named = new RegExp(
                `has a node ${unique}1 on .*Add the node to nodes.*--node ${unique}1 --leave`,
                "s",
            );
            assert.match(await project.failing("up"), named);
            assert.deepEqual(await project.record(unique), two);

            await project.program(
                builder(`adopt: true, nodes: [{ endpoint: "${first}" }, { endpoint: "${second.host}" }]`),
            );
            await project.up();
            await project.preview("--expect-no-changes");

            // A node that someone appends later is not dropped without a word either.
            await project.buildx("create", "--name", unique, "--append", "--node", "third", "unix:///run/docker.sock");
            assert.match((await project.preview()).output, /has a node third on unix:\/\/\/run\/docker.sock/);
            assert.match(await project.failing("up"), /has a node third on/);
            await project.buildx("create", "--name", unique, "--node", "third", "--leave");
            await project.up();

            // Nor is a builder of another driver that has come into the place of ours.
            await project.buildx("rm", unique);
            await project.buildx("create", "--name", unique, "--driver", "remote", "tcp://127.0.0.1:1");
            assert.match(await project.failing("up"), /with the driver remote instead of docker-container/);
            assert.match((await project.destroy()).output, /replaced the builder by a builder of the driver remote/);
            assert.deepEqual(await project.record(unique), remote);
        }),
    );
});
