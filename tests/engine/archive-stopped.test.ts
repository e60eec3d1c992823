import { strict as assert } from "node:assert";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
    archiveIsGrowing,
    archivesIn,
    createBuilder,
    exitOf,
    megabytes,
    nothingIsLeft,
    pair,
    start,
    staysSmall,
    until,
} from "../support/copying";
import { docker, leftovers } from "../support/docker";
import { processesOf } from "../support/processes";
import { resources } from "../support/program";
import type { Project } from "../support/project";
import { type Proxy, startProxy } from "../support/proxy";
import type { Ended } from "../support/run";
import { withStack } from "../support/stack";
import { archive, archiver, containerOf, isRunning, volumeOf } from "../support/state";

/** Checks that some work waits for a copy that is running, and that both succeed. */
async function awaitsCopy(
    project: Project,
    proxy: Proxy,
    archiving: Promise<unknown>,
    work: () => Promise<Ended>,
): Promise<void> {
    await archiveIsGrowing(project);
    const copiers = await processesOf(project, "copier");
    const signal = (name: NodeJS.Signals) => copiers.forEach((pid) => process.kill(pid, name));
    signal("SIGSTOP");
    const before = proxy.calls.length;
    const waiting = work();
    waiting.catch(() => {}); // thrown below
    try {
        const look = `GET /containers/${volumeOf(project.unique)}_copy/json`;
        const looks = () => proxy.calls.slice(before).filter((call) => call === look).length;
        await until("the work waits for the copy", async () => looks() > 1);
    } finally {
        signal("SIGCONT");
    }
    assert.match((await waiting).output, /waiting for container \S+_copy, with which another program copies/);
    await archiving;
}

describe("an archive that is stopped", () => {
    it(
        "by SIGINT starts the builder again and leaves nothing, and by SIGKILL is cleared by the next copy",
        withStack(async (stack) => {
            const container = containerOf(stack.unique);
            await createBuilder(stack);
            const args = { builderName: stack.unique, to: "a.tar.zst" };
            const program = await archiver(stack);

            const interrupted = start(stack, "node", program, JSON.stringify(args));
            await archiveIsGrowing(stack);
            interrupted.kill("SIGINT");
            assert.deepEqual(await exitOf(interrupted), [null, "SIGINT"]);
            await nothingIsLeft(stack);

            // A builder that someone starts during the copy does not get the lock, and runs when the copy has ended.
            const disturbed = archive(stack, args);
            await archiveIsGrowing(stack);
            await docker(["start", container]);
            await staysSmall(stack, "node", disturbed);
            assert.ok((await disturbed).size > megabytes * 1_000_000);
            await docker(["exec", container, "buildctl", "debug", "workers"]);
            await rm(join(stack.folder, "a.tar.zst"));

            const orphaned = start(stack, "node", program, JSON.stringify(args));
            await archiveIsGrowing(stack);
            orphaned.kill("SIGKILL");
            await until("the copier exits", async () => (await processesOf(stack, "copier")).length === 0);
            await nothingIsLeft(stack);

            const killed = start(stack, "node", program, JSON.stringify(args));
            await archiveIsGrowing(stack);
            process.kill(-(killed.pid as number), "SIGKILL"); // its whole process group
            await exitOf(killed);
            assert.equal(await isRunning(container), false);
            await archive(stack, args);
            assert.equal(await isRunning(container), true);
            assert.deepEqual(await archivesIn(stack), ["a.tar.zst"]);
            assert.deepEqual(await leftovers(`${stack.unique}0_state_copy`), []);
        }),
    );

    it(
        "delays an up that changes or removes the builder, and is cleared by the next up if it was killed",
        withStack(async (stack) => {
            await createBuilder(stack, megabytes / 2);
            const args = { builderName: stack.unique, to: "a.tar.zst" };
            const change = (env: object) => stack.program(resources(pair(stack, { driverOpts: { env } })));
            const proxy = await startProxy(stack.folder);
            stack.env.DOCKER_HOST = proxy.host;
            await change({ A: "1" });
            await awaitsCopy(stack, proxy, archive(stack, args), () => stack.up());
            await stack.preview("--expect-no-changes");
            assert.equal(await isRunning(containerOf(stack.unique)), true);

            const killed = start(stack, "node", await archiver(stack), JSON.stringify(args));
            await archiveIsGrowing(stack);
            process.kill(-(killed.pid as number), "SIGKILL"); // its whole process group
            await exitOf(killed);
            await change({ A: "2" });
            await stack.up();
            assert.equal(await isRunning(containerOf(stack.unique)), true);
            assert.deepEqual(await leftovers(`${stack.unique}0_state_copy`), []);

            await rm(join(stack.folder, "a.tar.zst.partial")); // or archiveIsGrowing would take it for the next archive
            await awaitsCopy(stack, proxy, archive(stack, args), () => stack.destroy());
            assert.deepEqual(await leftovers(stack.unique), []);
            await proxy.stop();
        }),
    );
});
