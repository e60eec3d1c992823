/** States that are big enough for a test to act while they are copied, and what tests check after such a copy. */
import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inspectVolume, leftovers } from "./docker";
import { memoryDuring, processesOf } from "./processes";
import { builder, resources, state } from "./program";
import type { Project } from "./project";
import type { Stack } from "./stack";
import { containerOf, isRunning, onVolume, restoredVolume, volumeOf } from "./state";

/** The size of a state whose copy takes so long that a test can act before the copy ends. */
export const megabytes = 400;

/** Returns a state and a builder that uses the state. */
export const pair = ({ unique }: Stack, args: object = {}) => ({
    cache: state({ builderName: unique }),
    b: builder({ state: "${cache}", ...args }),
});

/** Adds a file to the state of a builder that takes a while to copy. */
export const enlarge = ({ unique }: Project, size = megabytes) =>
    onVolume(volumeOf(unique), `head -c ${size * 1_000_000} /dev/urandom >/state/big`);

/** Creates a builder with a big state. */
export async function createBuilder(stack: Stack, size?: number): Promise<void> {
    await stack.program(resources(pair(stack)));
    await stack.up();
    await enlarge(stack, size);
}

/** Starts a program in the folder of a project. */
export const start = (project: Project, program: string, ...args: string[]): ChildProcess =>
    spawn(program, args, {
        cwd: project.folder,
        env: { ...process.env, ...project.env },
        stdio: "ignore",
        detached: true, // its own process group, as a shell gives to a command
    });

/** Returns how a process ends or has ended. */
export async function exitOf(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    return [child.exitCode, child.signalCode];
}

/** Waits until a condition holds. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (const deadline = performance.now() + 60_000; performance.now() < deadline; await sleep(20)) {
        if (await isSo()) return;
    }
    throw new Error(`a minute passed before ${what}`);
}

/** Waits until an archive is partly written. */
export const archiveIsGrowing = (project: Project) =>
    until("the archive grows", () =>
        stat(join(project.folder, "a.tar.zst.partial")).then(
            ({ size }) => size > 5_000_000,
            () => false,
        ),
    );

/** Waits until a state is partly restored. Polls without the docker CLI, because a restore may end while the CLI starts. */
export async function restoreIsGrowing(project: Project): Promise<void> {
    const beside =
        (await inspectVolume(volumeOf(project.unique)))?.Mountpoint ?? assert.fail("the state does not exist");
    const restored = join(beside.replace(volumeOf(project.unique), restoredVolume(project)), ".restoring", "big");
    await until("the volume fills", () =>
        stat(restored).then(
            ({ size }) => size > 5_000_000,
            () => false,
        ),
    );
}

/** Kills the processes of a project whose command line contains `name`. */
export async function killAll(project: Project, name: string): Promise<void> {
    for (const pid of await processesOf(project, name)) process.kill(pid, "SIGKILL");
}

/** Returns the names of the archives, with the archives that are partly written. */
export const archivesIn = async ({ folder }: Project) =>
    (await readdir(folder)).filter((name) => name.startsWith("a.tar.zst"));

/** Checks that the builder runs and that nothing is left of the copy. */
export async function nothingIsLeft(project: Project): Promise<void> {
    assert.equal(await isRunning(containerOf(project.unique)), true);
    assert.deepEqual(await leftovers(`${project.unique}0_state_copy`), []);
    assert.deepEqual(await archivesIn(project), []);
}

/** Checks that no process of a copy holds a large part of the state in memory. */
export async function staysSmall(project: Project, part: string, copying: Promise<unknown>): Promise<void> {
    const most = await memoryDuring(project, part, copying);
    assert.ok(most.size > 1, "the copy process was not found");
    for (const [pid, peak] of most) assert.ok(peak < 200_000, `process ${pid} took ${peak} kB of memory`);
}
