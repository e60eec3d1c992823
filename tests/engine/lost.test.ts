import { strict as assert } from "node:assert";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { docker, inspectContainer, inspectVolume, leftovers } from "../support/docker";
import { second } from "../support/engines";
import { build, context } from "../support/image";
import { withOwnEngine } from "../support/ownEngine";
import { builder, resources, state } from "../support/program";
import { startProxy } from "../support/proxy";
import { type Stack, withStack } from "../support/stack";
import { containerOf, volumeOf } from "../support/state";

/** Removes the container of a builder, and has buildx boot the builder again from its record. */
async function reboot(stack: Stack, name: string, { volume }: { volume: boolean }): Promise<void> {
    await docker(["rm", "--force", containerOf(name)]);
    if (volume) await docker(["volume", "rm", volumeOf(name)]);
    await stack.buildx("inspect", "--bootstrap", name);
    const labels = (await inspectContainer(containerOf(name)))?.Config.Labels ?? {};
    assert.equal(labels["io.github.pulumi-buildx.urn"], undefined);
}

describe("a builder that buildx booted again from its record", () => {
    const namesOf = (stack: Stack) => ["a", "b", "c", "d"].map((letter) => `${stack.unique}${letter}`);

    /** Builder c has a state, and the volume of builder d exists before the builder. */
    const program = ([a, b, c, d]: string[], more: object = {}) =>
        resources({
            a: builder({ name: a, ...more }),
            b: builder({ name: b, ...more }),
            state: state({ builderName: c }),
            c: builder({ state: "${state}", ...more }),
            d: builder({ name: d, ...more }),
        });

    const rebootAll = async (stack: Stack, { ofState }: { ofState: boolean }) => {
        const [a, b, c, d] = namesOf(stack) as [string, string, string, string];
        await Promise.all([
            reboot(stack, a, { volume: false }),
            reboot(stack, b, { volume: true }),
            reboot(stack, c, { volume: ofState }),
            reboot(stack, d, { volume: false }),
        ]);
    };

    it(
        "is changed as before, and its removal leaves nothing",
        withStack(async (stack) => {
            const names = namesOf(stack) as [string, string, string, string];
            const [, , c, d] = names;
            await docker(["volume", "create", volumeOf(d)]);
            await stack.program(program(names));
            await stack.up();
            const folder = await context(stack);
            await build(stack, c, folder);
            await rebootAll(stack, { ofState: false });

            const all = { a: "update", b: "update", c: "update", d: "update" };
            await stack.refresh();
            await stack.preview("--expect-no-changes");
            await stack.program(program(names, { driverOpts: { memory: "1g" } }));
            await stack.up();
            assert.deepEqual(stack.steps, all);
            const found = () => Promise.all(names.map((name) => inspectContainer(containerOf(name))));
            for (const container of await found())
                assert.equal(container?.HostConfig.Memory, 1024 ** 3, container?.Name);
            await stack.program(program(names, { driverOpts: { env: { A: "1" } } }));
            await stack.up();
            assert.deepEqual(stack.steps, all);
            for (const container of await found()) {
                const { Env = [], Labels = {} } = container?.Config ?? {};
                assert.ok(Env.includes("A=1"), container?.Name);
                assert.ok(Labels["io.github.pulumi-buildx.urn"], container?.Name);
            }
            assert.equal((await build(stack, c, folder)).cached, 3);

            await rebootAll(stack, { ofState: true });
            await stack.destroy();
            assert.deepEqual(await leftovers(stack.unique), [volumeOf(d)]);
            assert.deepEqual(await stack.records(), []);
        }),
    );

    it(
        "from a record that someone else created is not the resource's, until adopt takes it over",
        withStack(async (stack) => {
            const { unique } = stack;
            const program = (more: object = {}) => stack.program(resources({ b: builder({ name: unique, ...more }) }));
            await program();
            await stack.up();
            await stack.buildx("rm", unique);
            await stack.buildx("create", "--name", unique, "--driver", "docker-container", "--bootstrap");
            await program({ labels: { a: "1" } });
            assert.match(await stack.failing("up"), /created by buildx or a user.*adopt: true/s);
            await program({ labels: { a: "1" }, adopt: true });
            await stack.up();
            await stack.preview("--expect-no-changes");
            await stack.destroy();
            assert.deepEqual(await leftovers(unique), []);
            assert.deepEqual(await stack.records(), []);
        }),
    );
});

describe("an engine that starts again", () => {
    it(
        "without a state volume gets a new container and volume, and without any data the whole builder",
        withStack(async (stack) => {
            await withOwnEngine({}, async (engine) => {
                const { unique } = stack;
                stack.env.DOCKER_HOST = engine.host;
                const program = (more: object = {}) =>
                    resources(
                        { b: builder({ name: unique, driverOpts: { network: "host", ...more } }) },
                        { status: "${b.status}" },
                    );
                await stack.program(program());
                await stack.up();
                await engine.stop();
                await rm(join(engine.folder, "data/volumes", volumeOf(unique)), { recursive: true });
                await engine.restart();
                assert.equal(await inspectVolume(volumeOf(unique), engine.host), undefined);
                assert.ok(await inspectContainer(containerOf(unique), engine.host));

                const lost = new RegExp(`volume ${volumeOf(unique)} is not on .* any more: the cache starts empty`);
                await stack.refresh();
                assert.match((await stack.up()).output, lost);
                assert.deepEqual(await stack.outputs(), { status: "running" });
                await stack.preview("--expect-no-changes");

                // As on another machine. buildx boots the builder from its record before Pulumi runs.
                await engine.restart({ fresh: true });
                await stack.buildx("inspect", "--bootstrap", unique);
                await stack.program(program({ memory: "1g" }));
                await stack.up();
                const found = await inspectContainer(containerOf(unique), engine.host);
                assert.equal(found?.HostConfig.Memory, 1024 ** 3);
                await stack.destroy();
                assert.deepEqual(await leftovers(unique, engine.host), []);
            });
        }),
    );
});

describe("a saved stack on a new machine", () => {
    it(
        "whose engine has nothing of it is created by pulumi up alone, with a warning that the cache starts empty",
        withStack(async (stack) => {
            const { unique, folder } = stack;
            await stack.program(
                resources({
                    cache: state({ builderName: unique, labels: { team: "ci" } }),
                    b: builder({ state: "${cache}" }),
                    own: builder({ name: `${unique}-own` }),
                }),
            );
            const old = await startProxy(folder);
            stack.env.DOCKER_HOST = old.host;
            await stack.up();
            await old.stop();

            // Another engine at the same address, and another home.
            const fresh = await startProxy(folder, undefined, second.host);
            stack.env.BUILDX_CONFIG = join(folder, "new machine");
            try {
                await stack.preview();
                assert.deepEqual(stack.steps, { cache: "update", b: "update", own: "update" });
                const { output } = await stack.up();
                const ofState = `volume ${volumeOf(unique)} not found on .*: it is created again, and the cache starts empty`;
                assert.match(output, new RegExp(ofState));
                const ofBuilder = `volume ${volumeOf(`${unique}-own`)} is not on .* any more: the cache starts empty`;
                assert.match(output, new RegExp(ofBuilder));
                const volume = await inspectVolume(volumeOf(unique), second.host);
                assert.equal(volume?.Labels?.team, "ci");
                assert.equal((await inspectContainer(containerOf(unique), second.host))?.State.Running, true);
                await stack.preview("--expect-no-changes");
                await stack.refresh("--expect-no-changes");
                await stack.destroy();
                assert.deepEqual(await leftovers(unique, second.host), []);
            } finally {
                await fresh.stop();
            }
        }),
    );

    it(
        "restores a state again if its archive exists, and starts empty if it does not",
        withStack(async (stack) => {
            const { unique } = stack;
            await docker(["volume", "create", volumeOf(unique)]);
            const restoreFrom = { volume: volumeOf(unique) };
            await stack.program(resources({ restored: state({ builderName: `${unique}r`, restoreFrom }) }));
            await stack.up();
            await docker(["volume", "rm", volumeOf(`${unique}r`)]);
            assert.match(
                (await stack.up()).output,
                new RegExp(`it is created again and restored from volume ${volumeOf(unique)}`),
            );
            await docker(["volume", "rm", volumeOf(`${unique}r`), volumeOf(unique)]);
            assert.match(
                (await stack.up()).output,
                new RegExp(
                    `volume ${volumeOf(unique)} not found either: the volume is created again, and the cache starts empty`,
                ),
            );
            await stack.preview("--expect-no-changes");
        }),
    );
});

describe("a container that the engine can no longer start", () => {
    it(
        "is replaced on its volume",
        withStack(async (stack) => {
            const { unique } = stack;
            await stack.program(resources({ b: builder({ name: unique }) }, { status: "${b.status}" }));
            await stack.up();
            const folder = await context(stack);
            await build(stack, unique, folder);
            const name = containerOf(unique);
            const { Labels = {} } = (await inspectContainer(name))?.Config ?? {};
            await docker(["rm", "--force", name]);
            // The same container with a port, which another program takes while the container is stopped.
            const labels = Object.entries(Labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
            const server = createServer();
            await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
            const { port } = server.address() as { port: number };
            await new Promise((resolve) => server.close(resolve));
            const options = ["--privileged", "--init", "--publish", `127.0.0.1:${port}:1234`, ...labels];
            const mount = ["--volume", `${volumeOf(unique)}:/var/lib/buildkit`, "--restart", "unless-stopped"];
            const flag = "--allow-insecure-entitlement=network.host";
            await docker([
                "run",
                "--detach",
                "--name",
                name,
                ...options,
                ...mount,
                "moby/buildkit:buildx-stable-1",
                flag,
            ]);
            await docker(["stop", name]);
            await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
            try {
                await assert.rejects(docker(["start", name]), /address already in use/);
                await stack.refresh();
                const { output } = await stack.up();
                assert.match(output, /the container does not start any more \(.*address already in use/);
                assert.deepEqual(await stack.outputs(), { status: "running" });
                assert.equal((await build(stack, unique, folder)).cached, 3);
            } finally {
                await new Promise((resolve) => server.close(resolve));
            }
        }),
    );
});
