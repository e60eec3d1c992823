import { strict as assert } from "node:assert";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { docker, inspectContainer, inspectVolume, leftovers } from "../support/docker";
import { second } from "../support/engines";
import { build, context } from "../support/image";
import { withOwnEngine } from "../support/ownEngine";
import { type Project, withProject } from "../support/project";
import { startProxy } from "../support/proxy";

const containerOf = (builder: string) => `buildx_buildkit_${builder}0`;
const volumeOf = (builder: string) => `${containerOf(builder)}_state`;

/** Loses the container of a builder, and boots it again from the record that is there. */
async function reboot(project: Project, builder: string, { volume }: { volume: boolean }): Promise<void> {
    await docker(["rm", "--force", containerOf(builder)]);
    if (volume) await docker(["volume", "rm", volumeOf(builder)]);
    await project.buildx("inspect", "--bootstrap", builder);
    const labels = (await inspectContainer(containerOf(builder)))?.Config.Labels ?? {};
    assert.equal(labels["io.github.pulumi-buildx.urn"], undefined);
}

describe("a builder that buildx booted again from its record", () => {
    const names = (project: Project) => ["a", "b", "c", "d"].map((letter) => `${project.unique}${letter}`);

    /** Without and with a state, and on a volume that was there before. */
    const program = ([a, b, c, d]: string[], more = "") => `
        for (const name of ["${a}", "${b}", "${d}"]) new buildx.BuildxBuilder(name, { name, ${more} });
        new buildx.BuildxBuilder("${c}", { state: new buildx.BuildKitState("state", { builderName: "${c}" }), ${more} });`;

    const lose = async (project: Project, { ofState }: { ofState: boolean }) => {
        const [a, b, c, d] = names(project) as [string, string, string, string];
        await reboot(project, a, { volume: false });
        await reboot(project, b, { volume: true });
        await reboot(project, c, { volume: ofState });
        await reboot(project, d, { volume: false });
    };

    it(
        "is changed as before, and leaves nothing when it is removed",
        withProject(async (project) => {
            const [a, b, c, d] = names(project) as [string, string, string, string];
            await docker(["volume", "create", volumeOf(d)]);
            await project.program(program([a, b, c, d]));
            await project.up();
            const folder = await context(project);
            await build(project, c, folder);
            await lose(project, { ofState: false });

            await project.refresh();
            await project.preview("--expect-no-changes");
            await project.program(program([a, b, c, d], 'driverOpts: { memory: "1g" }'));
            await project.up();
            for (const name of [a, b, c, d]) {
                assert.equal((await inspectContainer(containerOf(name)))?.HostConfig.Memory, 1024 ** 3, name);
            }
            await project.program(program([a, b, c, d], 'driverOpts: { env: { A: "1" } }'));
            await project.up();
            for (const name of [a, b, c, d]) {
                const { Env = [], Labels = {} } = (await inspectContainer(containerOf(name)))?.Config ?? {};
                assert.ok(Env.includes("A=1"), name);
                assert.ok(Labels["io.github.pulumi-buildx.urn"], name);
            }
            assert.equal((await build(project, c, folder)).cached, 3);

            await lose(project, { ofState: true });
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), [volumeOf(d)]);
            assert.deepEqual(await project.records(), []);
        }),
    );

    it(
        "by a record of someone else is theirs, until adopt takes it over on a resource that exists",
        withProject(async (project) => {
            const { unique } = project;
            const builder = (more: string) => `new buildx.BuildxBuilder("b", { name: unique, ${more} });`;
            await project.program(builder(""));
            await project.up();
            await project.buildx("rm", unique);
            await project.buildx("create", "--name", unique, "--driver", "docker-container", "--bootstrap");
            await project.program(builder('labels: { a: "1" }'));
            assert.match(await project.failing("up"), /created by buildx or a user.*adopt: true/s);
            await project.program(builder('labels: { a: "1" }, adopt: true'));
            await project.up();
            await project.preview("--expect-no-changes");
            await project.destroy();
            assert.deepEqual(await leftovers(unique), []);
            assert.deepEqual(await project.records(), []);
        }),
    );
});

describe("an engine that starts again", () => {
    it(
        "without a state volume gets container and volume anew, and without anything the whole builder",
        withProject(async (project) => {
            await withOwnEngine({}, async (engine) => {
                const { unique } = project;
                project.env.DOCKER_HOST = engine.host;
                await project.program(
                    `exports.status = new buildx.BuildxBuilder("b", { name: unique, driverOpts: { network: "host" } }).status;`,
                );
                await project.up();
                await engine.stop();
                await rm(join(engine.folder, "data/volumes", volumeOf(unique)), { recursive: true });
                await engine.restart();
                assert.equal(await inspectVolume(volumeOf(unique), engine.host), undefined);
                assert.ok(await inspectContainer(containerOf(unique), engine.host));

                const lost = new RegExp(`volume ${volumeOf(unique)} is not on .* any more: the cache starts empty`);
                await project.refresh();
                assert.match((await project.up()).output, lost);
                assert.deepEqual(await project.outputs(), { status: "running" });
                await project.preview("--expect-no-changes");

                // As on another machine; buildx boots it from the record before Pulumi comes.
                await engine.restart({ fresh: true });
                await project.buildx("inspect", "--bootstrap", unique);
                await project.program(
                    `new buildx.BuildxBuilder("b", { name: unique, driverOpts: { network: "host", memory: "1g" } });`,
                );
                await project.up();
                const found = await inspectContainer(containerOf(unique), engine.host);
                assert.equal(found?.HostConfig.Memory, 1024 ** 3);
                await project.destroy();
                assert.deepEqual(await leftovers(unique, engine.host), []);
            });
        }),
    );
});

describe("a saved stack on a new machine", () => {
    it(
        "whose engine has nothing of it is brought about by pulumi up alone, which says that the cache starts empty",
        withProject(async (project) => {
            const { unique, folder } = project;
            await project.program(`
                const state = new buildx.BuildKitState("cache", { builderName: unique, labels: { team: "ci" } });
                exports.status = new buildx.BuildxBuilder("b", { state }).status;
                new buildx.BuildxBuilder("own", { name: unique + "-own" });`);
            const old = await startProxy(folder);
            project.env.DOCKER_HOST = old.host;
            await project.up();
            await old.stop();

            // Another engine at the same address, and another home.
            const fresh = await startProxy(folder, undefined, second.host);
            project.env.BUILDX_CONFIG = join(folder, "new machine");
            try {
                assert.match(await project.failing("preview", "--expect-no-changes"), /BuildKitState cache +update/);
                const { output } = await project.up();
                const ofState = `volume ${volumeOf(unique)} not found on .*: it is created again, and the cache starts empty`;
                assert.match(output, new RegExp(ofState));
                const ofBuilder = `volume ${volumeOf(`${unique}-own`)} is not on .* any more: the cache starts empty`;
                assert.match(output, new RegExp(ofBuilder));
                const volume = await inspectVolume(volumeOf(unique), second.host);
                assert.equal(volume?.Labels?.team, "ci");
                assert.equal((await inspectContainer(containerOf(unique), second.host))?.State.Running, true);
                await project.preview("--expect-no-changes");
                await project.refresh("--expect-no-changes");
                await project.destroy();
                assert.deepEqual(await leftovers(unique, second.host), []);
            } finally {
                await fresh.stop();
            }
        }),
    );

    it(
        "restores a state again where its archive is there, and starts empty where it is not",
        withProject(async (project) => {
            const { unique } = project;
            await docker(["volume", "create", volumeOf(unique)]);
            await project.program(`
                new buildx.BuildKitState("restored", { builderName: unique + "r", restoreFrom: { volume: "${volumeOf(unique)}" } });`);
            await project.up();
            await docker(["volume", "rm", volumeOf(`${unique}r`)]);
            assert.match(
                (await project.up()).output,
                new RegExp(`it is created again and restored from volume ${volumeOf(unique)}`),
            );
            await docker(["volume", "rm", volumeOf(`${unique}r`), volumeOf(unique)]);
            assert.match(
                (await project.up()).output,
                new RegExp(
                    `volume ${volumeOf(unique)} not found either: the volume is created again, and the cache starts empty`,
                ),
            );
            await project.preview("--expect-no-changes");
        }),
    );
});

describe("a container that the engine does not start any more", () => {
    it(
        "is replaced on its volume",
        withProject(async (project) => {
            const { unique } = project;
            await project.program(`exports.status = new buildx.BuildxBuilder("b", { name: unique }).status;`);
            await project.up();
            const folder = await context(project);
            await build(project, unique, folder);
            const name = containerOf(unique);
            const { Labels = {} } = (await inspectContainer(name))?.Config ?? {};
            await docker(["rm", "--force", name]);
            // The same with a port, which another program takes while it is stopped.
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
                await project.refresh();
                const { output } = await project.up();
                assert.match(output, /the container does not start any more \(.*address already in use/);
                assert.deepEqual(await project.outputs(), { status: "running" });
                assert.equal((await build(project, unique, folder)).cached, 3);
            } finally {
                await new Promise((resolve) => server.close(resolve));
            }
        }),
    );
});
