import { strict as assert } from "node:assert";
import { docker, inspectContainer, inspectVolume, leftovers } from "../support/docker";
import { second } from "../support/engines";
import { build, context } from "../support/image";
import { builder, resources, state } from "../support/program";
import { withStack } from "../support/stack";
import { containerOf, isRunning, volumeKeptByBuildx, volumeOf } from "../support/state";

const first = "unix:///var/run/docker.sock";

describe("adoption", () => {
    it(
        "takes over a builder that buildx created, in place and with its cache, and owns it from then on",
        withStack(async (stack) => {
            const { unique } = stack;
            const container = containerOf(unique);
            await stack.buildx("create", "--name", unique, "--driver", "docker-container", "--bootstrap");
            const folder = await context(stack);
            await build(stack, unique, folder);
            const created = await inspectContainer(container);
            const program = (args: object) => stack.program(resources({ b: builder({ name: unique, ...args }) }));

            await program({});
            assert.match(await stack.failing("up"), /Set adopt: true to take it over with its cache/);

            await program({ adopt: true, driverOpts: { memory: "1g" } });
            await stack.up();
            await stack.preview("--expect-no-changes");
            await stack.refresh("--expect-no-changes");
            const found = await inspectContainer(container);
            assert.deepEqual(
                [found?.Id, found?.State.StartedAt, found?.HostConfig.Memory],
                [created?.Id, created?.State.StartedAt, 1024 ** 3],
            );
            assert.equal((await build(stack, unique, folder)).cached, 3);

            await program({ adopt: true, driverOpts: { memory: "1g", env: { A: "1" } } });
            await stack.up();
            const recreated = await inspectContainer(container);
            assert.notEqual(recreated?.Id, created?.Id);
            assert.equal((await build(stack, unique, folder)).cached, 3);

            await docker(["stop", container]);
            await program({ adopt: true, driverOpts: { memory: "2g", env: { A: "1" } } });
            await stack.up("--refresh");
            const started = await inspectContainer(container);
            assert.deepEqual(
                [started?.Id, started?.State.Running, started?.HostConfig.Memory],
                [recreated?.Id, true, 2 * 1024 ** 3],
            );

            await stack.destroy();
            assert.deepEqual(await leftovers(unique), []);
            assert.deepEqual(await stack.records(), []);
        }),
    );

    it(
        "of a volume by a state keeps the content of the volume, and the removal keeps the volume",
        withStack(async (stack) => {
            const { unique } = stack;
            const folder = await volumeKeptByBuildx(stack);
            const program = { cache: state({ builderName: unique }), b: builder({ state: "${cache}" }) };
            await stack.program(resources(program, { adopted: "${cache.adopted}" }));
            await stack.up();
            assert.deepEqual(await stack.outputs(), { adopted: true });
            assert.equal((await build(stack, unique, folder)).cached, 3);
            await stack.refresh("--expect-no-changes");
            await stack.preview("--expect-no-changes");

            const { output } = await stack.destroy();
            assert.match(output, new RegExp(`volume ${volumeOf(unique)} stays on .*: it existed before the resource`));
            assert.ok(await inspectVolume(volumeOf(unique)));
        }),
    );

    it(
        "takes over a record that was never booted",
        withStack(async (stack) => {
            const { unique } = stack;
            await stack.buildx("create", "--name", unique, "--driver", "docker-container");
            const b = builder({ name: unique, adopt: true, platforms: ["linux/arm64"] });
            await stack.program(resources({ b }, { status: "${b.status}" }));
            await stack.up();
            assert.deepEqual(await stack.outputs(), { status: "running" });
            assert.equal(await isRunning(containerOf(unique)), true);
            await stack.destroy();
            assert.deepEqual(await leftovers(unique), []);
        }),
    );

    it(
        "takes over neither a builder of another driver nor a builder with nodes that the program does not name",
        withStack(async (stack) => {
            const { unique } = stack;
            const program = (args: object) => stack.program(resources({ b: builder({ name: unique, ...args }) }));
            await stack.buildx("create", "--name", unique, "--driver", "remote", "tcp://127.0.0.1:1");
            const remote = await stack.record(unique);
            for (const args of [{}, { adopt: true }]) {
                await program(args);
                assert.match(
                    await stack.failing("up"),
                    /already exists in buildx's store, with the driver remote instead of docker-container/,
                );
            }
            assert.deepEqual(await stack.record(unique), remote);
            await stack.buildx("rm", unique);

            const create = ["create", "--name", unique, "--driver", "docker-container"];
            await stack.buildx(...create, first);
            await stack.buildx(...create, "--append", second.host);
            await stack.buildx("inspect", "--bootstrap", unique);
            const two = await stack.record(unique);
            await program({ adopt: true });
            const named = new RegExp(
                `has a node ${unique}1 on .*Add the node to nodes.*--node ${unique}1 --leave`,
                "s",
            );
            assert.match(await stack.failing("up"), named);
            assert.deepEqual(await stack.record(unique), two);

            await program({ adopt: true, nodes: [{ endpoint: first }, { endpoint: second.host }] });
            await stack.up();
            await stack.preview("--expect-no-changes");

            // The same applies to a node that someone appends later.
            await stack.buildx("create", "--name", unique, "--append", "--node", "third", "unix:///run/docker.sock");
            assert.match((await stack.preview()).output, /has a node third on unix:\/\/\/run\/docker.sock/);
            assert.match(await stack.failing("up"), /has a node third on/);
            await stack.buildx("create", "--name", unique, "--node", "third", "--leave");
            await stack.up();

            // The same applies to a builder of another driver that replaced the builder.
            await stack.buildx("rm", unique);
            await stack.buildx("create", "--name", unique, "--driver", "remote", "tcp://127.0.0.1:1");
            assert.match(await stack.failing("up"), /with the driver remote instead of docker-container/);
            assert.match((await stack.destroy()).output, /replaced the builder by a builder of the driver remote/);
            assert.deepEqual(await stack.record(unique), remote);
        }),
    );
});
