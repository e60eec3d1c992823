import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { second } from "../support/engines";
import { build, context, longBuild } from "../support/image";
import { type Project, withProject } from "../support/project";
import { type Fate, startProxy } from "../support/proxy";
import { run } from "../support/run";
import { archiveFails } from "../support/state";

/** A layer of 8 MB for each, all of them different. */
const layers = (count: number) =>
    ["FROM scratch", "COPY busybox /bin/sh"]
        .concat(Array.from({ length: count }, (_, index) => `RUN dd if=/dev/urandom of=/${index} bs=1M count=8`))
        .join("\n");

interface Found {
    status: string;
    sizeOnDisk: number;
    usage?: { total: number; reclaimable: number; byType: Record<string, number>; lastUsedAt?: string };
}

/** What `getState` says, in a program of its own. */
async function ask(project: Project, args = "{ builderName: unique }"): Promise<Found> {
    const program = `const unique = ${JSON.stringify(project.unique)};
        require("pulumi-buildx").getState(${args}).then((found) => console.log(JSON.stringify(found)));`;
    const { code, stdout, output } = await run("node", ["-e", program], { cwd: project.folder, env: project.env });
    if (code !== 0) throw new Error(output);
    return JSON.parse(stdout) as Found;
}

/** What BuildKit itself says of it, without a program of ours between. */
async function cacheSize(container: string): Promise<number> {
    const records = await docker(["exec", container, "buildctl", "du", "--format", "{{json .}}"]);
    return ((JSON.parse(records) ?? []) as { size: number }[]).reduce((all, { size }) => all + size, 0);
}

/** Starts a builder, and waits for its buildkitd. */
async function start(container: string): Promise<void> {
    await docker(["start", container]);
    const asking = ["exec", container, "buildctl", "debug", "workers"];
    while ((await run("docker", asking)).code !== 0) await sleep(100);
}

const startOf = async (container: string) => (await inspectContainer(container))?.State.StartedAt;

const megabytes = 1024 ** 2;

describe("a state", () => {
    it(
        "is measured while its builder runs, is stopped and is gone, shrinks to its bounds, and is pruned by triggers",
        withProject(async (project) => {
            const { unique } = project;
            const container = `buildx_buildkit_${unique}0`;
            const state = 'const state = new buildx.BuildKitState("cache", { builderName: unique });';
            const program = (args: string, more = "") =>
                project.program(`${state}
                    const builder = new buildx.BuildxBuilder("b", { state, ${args} });
                    ${more}`);
            await program("");
            await project.up();
            await build(project, unique, await context(project, layers(4)));
            const running = await ask(project);
            assert.equal(running.status, "running");
            assert.ok(running.usage);
            assert.ok(running.usage.total > 32 * megabytes && running.usage.total < 60 * megabytes);
            assert.ok(running.usage.reclaimable <= running.usage.total && running.usage.reclaimable > 0);
            assert.ok((running.usage.byType.regular ?? 0) > 32 * megabytes, JSON.stringify(running.usage.byType));
            assert.ok(Math.abs(Date.parse(running.usage.lastUsedAt ?? "") - Date.now()) < 60_000);
            assert.ok(running.sizeOnDisk > 32 * megabytes);

            await docker(["stop", container]);
            const stopped = await ask(project);
            assert.equal(stopped.status, "stopped");
            assert.deepEqual(stopped.usage, running.usage);
            assert.equal((await inspectContainer(container))?.State.Running, false);
            assert.deepEqual(
                (await leftovers(unique)).sort(),
                [container, `${container}_state`], // what was booted to be asked is gone
            );

            // A bound that is under what is there: buildkitd collects at its start.
            await program('gc: { maxUsedSpace: "16MB", keepDuration: "7d" }');
            const { output } = await project.up("--diff");
            assert.match(output, /gc/);
            const total = () => cacheSize(container);
            for (let tries = 0; (await total()) > 16 * megabytes && tries < 40; tries++) await sleep(250);
            assert.ok((await total()) <= 16 * megabytes, String(await total()));
            const workers = await docker(["exec", container, "buildctl", "debug", "workers", "--format", "{{json .}}"]);
            const [{ gcPolicy }] = JSON.parse(workers) as [{ gcPolicy: Record<string, unknown>[] }];
            assert.deepEqual(
                gcPolicy.map(({ all, keepDuration, maxUsedSpace }) => [
                    all,
                    Number(keepDuration) / 3.6e12,
                    maxUsedSpace,
                ]),
                [
                    [false, 48, 512 * megabytes],
                    [false, 168, 16 * megabytes],
                    [false, 0, 16 * megabytes],
                    [true, 0, 16 * megabytes],
                ],
            );

            const prune = (trigger: number) => `
                const prune = new buildx.BuildKitPrune("p", { builderName: builder.name, all: true, triggers: [${trigger}] });
                exports.pruned = { reclaimed: prune.reclaimed, records: prune.records };`;
            const gc = "gc: { maxUsedSpace: '1GB' }";
            await program(gc, prune(1));
            await project.up();
            await build(project, unique, await context(project, layers(2)));
            await project.up("--expect-no-changes", "--refresh");
            assert.ok((await total()) > 16 * megabytes);
            // A stopped builder is started for a prune, and stopped again.
            await program(gc, prune(2));
            await docker(["stop", container]);
            const since = await startOf(container);
            await project.up();
            const pruned = async () =>
                (await project.outputs<{ pruned: { reclaimed: number; records: number } }>()).pruned;
            const ofStopped = await pruned();
            assert.ok(ofStopped.reclaimed > 16 * megabytes && ofStopped.records >= 3, JSON.stringify(ofStopped));
            assert.equal((await inspectContainer(container))?.State.Running, false);
            assert.notEqual(await startOf(container), since);
            await start(container);
            assert.equal(await total(), 0);

            // A paused one goes on for it, and is paused again.
            await build(project, unique, await context(project, layers(3)));
            await docker(["pause", container]);
            await assert.rejects(ask(project), /cannot be measured: .* is paused\. Unpause it with: docker unpause/);
            const archiving = await archiveFails(project, { builderName: unique, to: join(project.folder, "no") });
            assert.match(archiving, /cannot be copied: container \S+ is paused.*docker unpause/);
            await program(gc, prune(3));
            await project.up();
            assert.ok((await pruned()).reclaimed > 24 * megabytes, JSON.stringify(await pruned()));
            assert.equal((await inspectContainer(container))?.State.Paused, true);
            await docker(["unpause", container]);
            assert.equal(await total(), 0);

            // One without a container has its volume pruned, and nothing stays of what that took.
            await build(project, unique, await context(project, layers(2)));
            await docker(["rm", "--force", container]);
            await program(gc, prune(4));
            await project.up();
            assert.ok((await pruned()).reclaimed > 16 * megabytes, JSON.stringify(await pruned()));
            assert.deepEqual(await leftovers(unique), [`${container}_state`]);
            await project.up("--refresh");
            assert.equal(await total(), 0);

            await project.program(state);
            await project.up();
            const gone = await ask(project);
            assert.equal(gone.status, "inactive");
            assert.equal(gone.usage?.total, 0);
            await project.destroy();
            await assert.rejects(ask(project), new RegExp(`state of node ${unique}0 of builder "${unique}" not found`));
        }),
    );

    it(
        "is pruned on all nodes or on none, leaves running what someone uses, and is 0 where nothing was ever booted",
        withProject(async (project) => {
            const { unique } = project;
            const container = `buildx_buildkit_${unique}0`;
            const prune = (trigger: number) =>
                project.program(`
                    const prune = new buildx.BuildKitPrune("p", { builderName: unique, triggers: [${trigger}] });
                    exports.reclaimed = prune.reclaimed;`);
            const reclaimed = async () => (await project.outputs<{ reclaimed: number }>()).reclaimed;
            await project.buildx("create", "--name", unique, "--driver", "docker-container");
            await prune(1);
            await project.up();
            assert.equal(await reclaimed(), 0);
            assert.deepEqual(await leftovers(unique), []);

            // Nothing is started or removed where one node cannot be reached, or does not boot.
            await build(project, unique, await context(project, layers(2)));
            await docker(["stop", container]);
            await project.buildx("create", "--append", "--name", unique, "--node", `${unique}b`, second.host);
            const there = await project.record(unique);
            const nodes = (there.Nodes as object[]).map((node, index) =>
                index === 0 ? node : { ...node, Endpoint: `unix://${project.folder}/none.sock` },
            );
            await writeFile(join(project.store, "instances", unique), JSON.stringify({ ...there, Nodes: nodes }));
            await prune(2);
            const before = await startOf(container);
            assert.match(
                (await project.failing("up")).replace(/\s+/g, " "),
                new RegExp(`node ${unique}b of builder "${unique}" cannot be pruned: .*none.sock`),
            );
            assert.equal(await startOf(container), before);
            await writeFile(join(project.store, "instances", unique), JSON.stringify(there));
            const broken = ["create", "--name", `${container.replace(/0$/, "b")}`, "--restart", "no"];
            await docker(["--host", second.host, ...broken, "moby/buildkit:buildx-stable-1", "--no-such-flag"]);
            assert.match((await project.failing("up")).replace(/\s+/g, " "), /BuildKit did not boot/);
            assert.equal((await inspectContainer(container))?.State.Running, false);
            await start(container);
            assert.ok((await cacheSize(container)) > 16 * megabytes);
            await docker(["stop", container]);

            // A builder on which someone builds by the end of the prune is left running.
            await project.buildx("create", "--name", unique, "--leave", "--node", `${unique}b`);
            const proxy = await startProxy(project.folder);
            try {
                const alone = await project.record(unique);
                const [node] = alone.Nodes as object[];
                const throughProxy = { ...alone, Nodes: [{ ...node, Endpoint: proxy.host }] };
                await writeFile(join(project.store, "instances", unique), JSON.stringify(throughProxy));
                /** Prunes, and meanwhile starts a client of the builder as soon as its container runs. */
                const pruneBeside = async <Client>(connectClient: () => Promise<Client>): Promise<Client> => {
                    let client: Promise<Client> | undefined;
                    proxy.decide = async (call): Promise<Fate> => {
                        if (client === undefined && /^POST \/containers\/.*\/exec$/.test(call))
                            await (client = connectClient());
                        return "pass";
                    };
                    await project.up();
                    assert.ok(client, "the prune did not start BuildKit");
                    return client;
                };
                const { ended } = await pruneBeside(() => longBuild(project, 15));
                const isRunning = (await inspectContainer(container))?.State.Running;
                assert.match(await ended, /finished/);
                assert.equal(isRunning, true);

                // So is one with a client that has connected, and has not asked for a build yet.
                await docker(["stop", container]);
                await prune(3);
                const client = await pruneBeside(async () => {
                    const dialing = ["exec", "--interactive", container, "buildctl", "dial-stdio"];
                    const started = spawn("docker", dialing, { stdio: ["pipe", "ignore", "ignore"] });
                    while (((await inspectContainer(container))?.ExecIDs ?? []).length === 0) await sleep(20);
                    return started;
                });
                try {
                    assert.equal((await inspectContainer(container))?.State.Running, true);
                } finally {
                    client.kill();
                }
                await writeFile(join(project.store, "instances", unique), JSON.stringify(alone));
            } finally {
                await proxy.stop();
            }
        }),
    );
});
