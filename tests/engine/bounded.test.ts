import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { type Project, withProject } from "../support/project";
import { run } from "../support/run";

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
            await program(gc, prune(2));
            await docker(["stop", container]);
            const refused = (await project.failing("up")).replace(/\s+/g, " ");
            assert.match(
                refused,
                new RegExp(`node ${unique}0 of builder "${unique}" cannot be pruned: .* is not running`),
            );
            await docker(["start", container]);
            await project.up();
            const { pruned } = await project.outputs<{ pruned: { reclaimed: number; records: number } }>();
            assert.ok(pruned.reclaimed > 16 * megabytes && pruned.records >= 3, JSON.stringify(pruned));
            assert.equal(await total(), 0);

            await project.program(state);
            await project.up();
            const gone = await ask(project);
            assert.equal(gone.status, "inactive");
            assert.equal(gone.usage?.total, 0);
            await project.destroy();
            await assert.rejects(
                ask(project),
                new RegExp(`there is no state of node ${unique}0 of builder "${unique}"`),
            );
        }),
    );
});
