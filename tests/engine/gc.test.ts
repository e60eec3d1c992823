import { strict as assert } from "node:assert";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { builder, prune, resources, state } from "../support/program";
import type { Project } from "../support/project";
import { must, run } from "../support/run";
import { type Stack, withStack } from "../support/stack";
import { archiveFails, containerOf } from "../support/state";

/** Returns a Dockerfile with layers of 8 MB each, which all differ. */
const layers = (count: number) =>
    ["FROM scratch", "COPY busybox /bin/sh"]
        .concat(Array.from({ length: count }, (_, index) => `RUN dd if=/dev/urandom of=/${index} bs=1M count=8`))
        .join("\n");

const buildLayers = async (project: Project, count: number) =>
    build(project, project.unique, await context(project, layers(count)));

interface Found {
    status: string;
    sizeOnDisk: number;
    usage?: { total: number; reclaimable: number; byType: Record<string, number>; lastUsedAt?: string };
}

/** Returns what the function `getState` of the plugin returns. */
async function getState(stack: Stack): Promise<Found> {
    const { result } = await stack.invoke("buildx:index:getState", { builderName: stack.unique });
    return result as unknown as Found;
}

/** Returns the size of the cache as BuildKit itself reports it. */
async function cacheSize(container: string): Promise<number> {
    const records = await docker(["exec", container, "buildctl", "du", "--format", "{{json .}}"]);
    return ((JSON.parse(records) ?? []) as { size: number }[]).reduce((all, { size }) => all + size, 0);
}

/** Starts a builder's container and waits until its buildkitd responds. */
async function start(container: string): Promise<void> {
    await docker(["start", container]);
    while ((await run("docker", ["exec", container, "buildctl", "debug", "workers"])).code !== 0) await sleep(100);
}

const megabytes = 1024 ** 2;

describe("the cache of a builder", () => {
    it(
        "is measured while the builder runs, is stopped, is paused and is removed, and not once the state is removed",
        withStack(async (stack) => {
            const { unique } = stack;
            const container = containerOf(unique);
            const cache = state({ builderName: unique });
            await stack.program(resources({ cache, b: builder({ state: "${cache}" }) }));
            await stack.up();
            await buildLayers(stack, 4);
            const running = await getState(stack);
            assert.equal(running.status, "running");
            assert.ok(running.usage);
            assert.ok(running.usage.total > 32 * megabytes && running.usage.total < 60 * megabytes);
            assert.ok(running.usage.reclaimable <= running.usage.total && running.usage.reclaimable > 0);
            assert.ok((running.usage.byType.regular ?? 0) > 32 * megabytes, JSON.stringify(running.usage.byType));
            assert.ok(Math.abs(Date.parse(running.usage.lastUsedAt ?? "") - Date.now()) < 60_000);
            assert.ok(running.sizeOnDisk > 32 * megabytes);

            await docker(["pause", container]);
            await assert.rejects(getState(stack), /cannot be measured: .* is paused\. Unpause it with: docker unpause/);
            const to = join(stack.folder, "none");
            const archiving = await archiveFails(stack, { builderName: unique, to });
            assert.match(archiving, /cannot be copied: container \S+ is paused.*docker unpause/);
            await docker(["unpause", container]);

            await docker(["stop", container]);
            const stopped = await getState(stack);
            assert.equal(stopped.status, "stopped");
            assert.deepEqual(stopped.usage, running.usage);
            assert.equal((await inspectContainer(container))?.State.Running, false);
            assert.deepEqual(
                (await leftovers(unique)).sort(),
                [container, `${container}_state`], // the container that measured the state is removed
            );

            await stack.program(resources({ cache }));
            await stack.up();
            const removed = await getState(stack);
            assert.equal(removed.status, "inactive");
            assert.deepEqual(removed.usage, running.usage);
            await stack.destroy();
            await assert.rejects(
                getState(stack),
                new RegExp(`state of node ${unique}0 of builder "${unique}" not found`),
            );
        }),
    );

    it(
        "is bounded by gc and pruned when triggers change, if the builder runs, is stopped, is paused or has no container",
        withStack(async (stack) => {
            const { unique } = stack;
            const container = containerOf(unique);
            const program = (gc: object, trigger?: number) => {
                const cache = state({ builderName: unique });
                const b = builder({ state: "${cache}", gc });
                if (trigger === undefined) return stack.program(resources({ cache, b }));
                const p = prune({ builderName: "${b.name}", all: true, triggers: [trigger] });
                return stack.program(
                    resources({ cache, b, p }, { reclaimed: "${p.reclaimed}", records: "${p.records}" }),
                );
            };
            const pruned = () => stack.outputs<{ reclaimed: number; records: number }>();
            const total = () => cacheSize(container);
            await program({ maxUsedSpace: "1GB" });
            await stack.up();
            await buildLayers(stack, 3);
            assert.ok((await total()) > 24 * megabytes);

            // A bound that is smaller than the cache: buildkitd collects when it starts.
            await program({ maxUsedSpace: "16MB", keepDuration: "7d" });
            const { output } = await stack.up();
            assert.match(output, /gc/);
            assert.deepEqual(stack.steps, { b: "update" });
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

            // A running builder is pruned, and once only.
            const gc = { maxUsedSpace: "1GB" };
            await program(gc);
            await stack.up();
            await buildLayers(stack, 2);
            await program(gc, 1);
            await stack.up();
            assert.deepEqual(stack.steps, { p: "create" });
            assert.ok((await pruned()).reclaimed > 16 * megabytes, JSON.stringify(await pruned()));
            assert.equal(await total(), 0);
            await buildLayers(stack, 2);
            await stack.up("--expect-no-changes", "--refresh");
            assert.ok((await total()) > 16 * megabytes);

            // A stopped builder is started for a prune, and stopped again.
            await docker(["stop", container]);
            const { State: before } = (await inspectContainer(container)) ?? {};
            await program(gc, 2);
            await stack.up();
            assert.deepEqual(stack.steps, { p: "update" });
            const ofStopped = await pruned();
            assert.ok(ofStopped.reclaimed > 16 * megabytes && ofStopped.records >= 3, JSON.stringify(ofStopped));
            const { State: after } = (await inspectContainer(container)) ?? {};
            assert.equal(after?.Running, false);
            assert.notEqual(after?.StartedAt, before?.StartedAt);
            await start(container);
            assert.equal(await total(), 0);

            // A paused builder is unpaused for a prune, and paused again.
            await buildLayers(stack, 3);
            await docker(["pause", container]);
            await program(gc, 3);
            await stack.up();
            assert.ok((await pruned()).reclaimed > 24 * megabytes, JSON.stringify(await pruned()));
            assert.equal((await inspectContainer(container))?.State.Paused, true);
            await docker(["unpause", container]);
            assert.equal(await total(), 0);

            // A builder without a container: its volume is pruned, and only the volume remains.
            await buildLayers(stack, 2);
            await docker(["rm", "--force", container]);
            await program(gc, 4);
            await stack.up();
            assert.ok((await pruned()).reclaimed > 16 * megabytes, JSON.stringify(await pruned()));
            assert.deepEqual(await leftovers(unique), [`${container}_state`]);
            await stack.up("--refresh");
            assert.deepEqual(stack.steps, { b: "update" });
            assert.equal(await total(), 0);
        }),
    );

    it(
        "is empty if the builder has never booted, and is measured by programs in JavaScript",
        withStack(async (stack) => {
            const { unique } = stack;
            const container = containerOf(unique);
            const program = (trigger: number) => {
                const p = prune({ builderName: unique, all: true, triggers: [trigger] });
                return stack.program(resources({ p }, { reclaimed: "${p.reclaimed}" }));
            };
            const reclaimed = async () => (await stack.outputs<{ reclaimed: number }>()).reclaimed;
            await program(1);
            assert.match(await stack.failing("up"), new RegExp(`builder "${unique}" not found`));
            await stack.buildx("create", "--name", unique, "--driver", "docker-container");
            await stack.up();
            assert.equal(await reclaimed(), 0);
            assert.deepEqual(await leftovers(unique), []);

            await buildLayers(stack, 2);
            const measuring = `require("pulumi-buildx").getState({ builderName: "${unique}" })
                .then((found) => console.log(JSON.stringify(found)));`;
            const found = await must("node", ["-e", measuring], { cwd: stack.folder, env: stack.env });
            assert.equal((JSON.parse(found) as Found).usage?.total, await cacheSize(container));
            await program(2);
            await stack.up("--refresh");
            assert.ok((await reclaimed()) > 16 * megabytes);
            assert.equal(await cacheSize(container), 0);
            await stack.destroy();
            assert.deepEqual(await stack.state(), []);
            assert.equal((await inspectContainer(container))?.State.Running, true);
        }),
    );
});
