import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { docker, inspectVolume, leftovers } from "../support/docker";
import { memoryDuring, processesOf } from "../support/processes";
import { type Project, withProject } from "../support/project";
import { type Proxy, startProxy } from "../support/proxy";
import type { Ended } from "../support/run";
import { archive, archiver, containerOf, entriesOf, isRunning, onVolume, volumeOf } from "../support/state";

/** Enough that a copy of it can be caught in the middle. */
const megabytes = 400;

const builder = `
    const state = new buildx.BuildKitState("cache", { builderName: unique });
    const builder = new buildx.BuildxBuilder("builder", { state });`;

const resource = `${builder}
    exports.size = new buildx.BuildKitStateArchive("archive", { state, to: "a.tar.zst" }, { dependsOn: [builder] }).size;`;

const restored = `new buildx.BuildKitState("restored", { builderName: unique + "-restored", restoreFrom: "a.tar.zst" });`;

const restoredVolume = (project: Project) => volumeOf(`${project.unique}-restored`);

/** A running builder, with a file in its state that takes a while to copy. */
async function bigState(project: Project): Promise<void> {
    await project.program(builder);
    await project.up();
    await onVolume(volumeOf(project.unique), `head -c ${megabytes * 1_000_000} /dev/urandom >/state/big`);
}

const start = (project: Project, program: string, ...args: string[]): ChildProcess =>
    spawn(program, args, {
        cwd: project.folder,
        env: { ...process.env, ...project.env },
        stdio: "ignore",
        detached: true, // a group of its own, as a shell gives it to a command
    });

const up = (project: Project) => start(project, "pulumi", "up", "--yes", "--skip-preview", "--non-interactive");

/** How a process ends, or has ended meanwhile. */
async function exitOf(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    return [child.exitCode, child.signalCode];
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (const deadline = performance.now() + 60_000; performance.now() < deadline; await sleep(20)) {
        if (await isSo()) return;
    }
    throw new Error(`not so after a minute: ${what}`);
}

const archiveIsGrowing = (project: Project) =>
    until("the archive grows", () =>
        stat(join(project.folder, "a.tar.zst.partial")).then(
            ({ size }) => size > 5_000_000,
            () => false,
        ),
    );

/** Looks without the docker CLI, beside whose start a restore is over soon. */
async function restoreIsGrowing(project: Project): Promise<void> {
    const beside = (await inspectVolume(volumeOf(project.unique)))?.Mountpoint ?? assert.fail("there is no state");
    const restored = join(beside.replace(volumeOf(project.unique), restoredVolume(project)), ".restoring", "big");
    await until("the volume fills", () =>
        stat(restored).then(
            ({ size }) => size > 5_000_000,
            () => false,
        ),
    );
}

async function killAll(project: Project, name: string): Promise<void> {
    for (const pid of await processesOf(project, name)) process.kill(pid, "SIGKILL");
}

const archivesIn = async ({ folder }: Project) =>
    (await readdir(folder)).filter((name) => name.startsWith("a.tar.zst"));

/** All is as if the copy had not been begun: the builder runs, and nothing is left. */
async function nothingIsLeft(project: Project): Promise<void> {
    assert.equal(await isRunning(containerOf(project.unique)), true);
    assert.deepEqual(await leftovers(`${project.unique}0_state_copy`), []);
    assert.deepEqual(await archivesIn(project), []);
}

/** None of the processes of a copy takes as much as Node.js would to hold a good part of the state. */
async function staysSmall(project: Project, part: string, copying: Promise<unknown>): Promise<void> {
    const most = await memoryDuring(project, part, copying);
    assert.ok(most.size > 1, "the copy process was not found");
    for (const [pid, peak] of most) assert.ok(peak < 200_000, `process ${pid} took ${peak} kB of memory`);
}

/** Some work waits for a copy that is under way, and both come to their end. */
async function awaitsCopy(
    project: Project,
    proxy: Proxy,
    archiving: Promise<{ size: number }>,
    work: () => Promise<Ended>,
): Promise<void> {
    await archiveIsGrowing(project);
    const copiers = await processesOf(project, "copier");
    const signal = (name: NodeJS.Signals) => copiers.forEach((pid) => process.kill(pid, name));
    signal("SIGSTOP");
    const before = proxy.calls.length;
    const waiting = work();
    waiting.catch(() => {}); // told below
    try {
        const look = `GET /containers/${volumeOf(project.unique)}_copy/json`;
        const looks = () => proxy.calls.slice(before).filter((call) => call === look).length;
        await until("it waits", async () => looks() > 1);
    } finally {
        signal("SIGCONT");
    }
    assert.match((await waiting).output, /waiting for container \S+_copy, with which another program copies/);
    assert.ok((await archiving).size > megabytes * 1_000_000);
}

describe("a copy of a state that is stopped", () => {
    it(
        "by SIGINT starts the builder again and leaves nothing, and by SIGKILL what the next one mends",
        withProject(async (project) => {
            await bigState(project);
            const args = { builderName: project.unique, to: "a.tar.zst" };
            const program = await archiver(project);

            const interrupted = start(project, "node", program, JSON.stringify(args));
            await archiveIsGrowing(project);
            interrupted.kill("SIGINT");
            assert.deepEqual(await exitOf(interrupted), [null, "SIGINT"]);
            await nothingIsLeft(project);

            // A builder that someone starts meanwhile does not get the lock, and is there when the copy is done.
            const disturbed = archive(project, args);
            await archiveIsGrowing(project);
            await docker(["start", containerOf(project.unique)]);
            await staysSmall(project, "node", disturbed);
            assert.ok((await disturbed).size > megabytes * 1_000_000);
            await docker(["exec", containerOf(project.unique), "buildctl", "debug", "workers"]);
            await rm(join(project.folder, "a.tar.zst"));

            const orphaned = start(project, "node", program, JSON.stringify(args));
            await archiveIsGrowing(project);
            orphaned.kill("SIGKILL");
            await until("nothing is left", async () => (await processesOf(project, "copier")).length === 0);
            await nothingIsLeft(project);

            const killed = start(project, "node", program, JSON.stringify(args));
            await archiveIsGrowing(project);
            process.kill(-(killed.pid as number), "SIGKILL"); // all of its group
            await exitOf(killed);
            assert.equal(await isRunning(containerOf(project.unique)), false);
            await archive(project, args);
            assert.equal(await isRunning(containerOf(project.unique)), true);
            assert.deepEqual(await archivesIn(project), ["a.tar.zst"]);
            assert.deepEqual(await leftovers(`${project.unique}0_state_copy`), []);
        }),
    );

    it(
        "by Ctrl-C in pulumi up starts the builder again and leaves nothing, and the next up does it again",
        withProject(async (project) => {
            await bigState(project);
            await project.program(resource);
            const stopped = up(project);
            await archiveIsGrowing(project);
            stopped.kill("SIGINT");
            await exitOf(stopped);
            await nothingIsLeft(project);
            await staysSmall(project, "node", project.up());
            assert.deepEqual(await archivesIn(project), ["a.tar.zst"]);

            await project.program(builder + restored);
            const restoring = up(project);
            await restoreIsGrowing(project);
            restoring.kill("SIGINT");
            await exitOf(restoring);
            assert.deepEqual(await leftovers(restoredVolume(project)), []);

            const killed = up(project);
            await restoreIsGrowing(project);
            for (const name of ["dynamic-provider", "copier"]) await killAll(project, name);
            await exitOf(killed);
            const left = await entriesOf(restoredVolume(project));
            assert.deepEqual(
                left?.filter((name) => name !== ".restoring" && name !== "buildkitd.lock"),
                [],
            );
            await staysSmall(project, "node", project.up());
            assert.ok((await entriesOf(restoredVolume(project)))?.includes("big"));
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );

    it(
        "by the end of the copying process alone is told, and the next up does it again, also where the volume stayed",
        withProject(async (project) => {
            await bigState(project);
            await project.program(resource);
            const archiving = project.try("up");
            await archiveIsGrowing(project);
            await killAll(project, "copier");
            const told = /the copy process ended with SIGKILL/;
            assert.match((await archiving).output, told);
            assert.equal(await isRunning(containerOf(project.unique)), true);
            assert.deepEqual(await leftovers(`${project.unique}0_state_copy`), []);
            await project.up();

            await project.program(builder + restored);
            const restoring = project.try("up");
            await restoreIsGrowing(project);
            await killAll(project, "copier");
            assert.match((await restoring).output, told);
            assert.deepEqual(await leftovers(restoredVolume(project)), []);

            const held = project.try("up");
            await restoreIsGrowing(project);
            const holder = `${project.unique}-holder`;
            const image = "moby/buildkit:buildx-stable-1";
            await docker(["create", "--name", holder, "--volume", `${restoredVolume(project)}:/state`, image]);
            await killAll(project, "copier");
            assert.match((await held).output, new RegExp(`in use by container ${holder}`));
            await docker(["rm", "--volumes", holder]);
            assert.match(await project.failing("preview", "--expect-no-changes"), /BuildKitState restored +update/);
            await project.up();
            assert.ok((await entriesOf(restoredVolume(project)))?.includes("big"));
            await project.preview("--expect-no-changes");
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );

    it(
        "is awaited by a pulumi up that changes or removes the builder meanwhile, and cleared where it was killed",
        withProject(async (project) => {
            await bigState(project);
            const args = { builderName: project.unique, to: "a.tar.zst" };
            const change = (env: object) =>
                project.program(builder.replace("{ state }", `{ state, driverOpts: { env: ${JSON.stringify(env)} } }`));
            const proxy = await startProxy(project.folder);
            project.env.DOCKER_HOST = proxy.host;
            await change({ A: "1" });
            await awaitsCopy(project, proxy, archive(project, args), () => project.up());
            await project.preview("--expect-no-changes");
            assert.equal(await isRunning(containerOf(project.unique)), true);

            const killed = start(project, "node", await archiver(project), JSON.stringify(args));
            await archiveIsGrowing(project);
            process.kill(-(killed.pid as number), "SIGKILL"); // all of its group
            await exitOf(killed);
            await change({ A: "2" });
            await project.up();
            assert.equal(await isRunning(containerOf(project.unique)), true);
            assert.deepEqual(await leftovers(`${project.unique}0_state_copy`), []);

            await rm(join(project.folder, "a.tar.zst.partial")); // or that of the killed one would be taken for the next
            await awaitsCopy(project, proxy, archive(project, args), () => project.destroy());
            assert.deepEqual(await leftovers(project.unique), []);
            await proxy.stop();
        }),
    );
});
