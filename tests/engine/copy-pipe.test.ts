import { strict as assert } from "node:assert";
import { mkdir, readdir, readlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import {
    archiveIsGrowing,
    archivesIn,
    createBuilder,
    exitOf,
    megabytes,
    nothingIsLeft,
    pair,
    restoreIsGrowing,
    start,
    staysSmall,
    until,
} from "../support/copying";
import { docker, leftovers } from "../support/docker";
import { second } from "../support/engines";
import { processesOf } from "../support/processes";
import { resources, state } from "../support/program";
import type { Project } from "../support/project";
import { startProxy } from "../support/proxy";
import { must } from "../support/run";
import { type Stack, withStack } from "../support/stack";
import {
    archive,
    archiveFails,
    archiver,
    containerOf,
    createState,
    entriesOf,
    isRunning,
    onVolume,
    restoredName,
    restoredVolume,
    volumeOf,
} from "../support/state";

/** Gives a project its own folder for temporary files, in which the folders of pipes are. */
async function ownTemporary(project: Project): Promise<string> {
    const folder = join(project.folder, "tmp");
    await mkdir(folder);
    project.env.TMPDIR = folder;
    return folder;
}

const pipeFolders = async (folder: string) =>
    (await readdir(folder)).filter((name) => name.startsWith("pulumi-buildx-copy-"));

/** Returns whether a copy process of a project has a named pipe open, whose folder is removed. */
async function usesPipe(project: Project): Promise<boolean> {
    const [pid] = await processesOf(project, "copier");
    if (pid === undefined) throw new Error("no copy process runs");
    const descriptors = await readdir(`/proc/${pid}/fd`);
    const files = await Promise.all(descriptors.map((each) => readlink(`/proc/${pid}/fd/${each}`).catch(() => "")));
    return files.some((file) => /\/pulumi-buildx-copy-[^/]+\/data \(deleted\)$/.test(file));
}

/** Starts an archive in its own mount namespace, after a command that mounts something there. */
const startPrivately = async (stack: Stack, mount: string, args: object) =>
    start(
        stack,
        "unshare",
        ...["--mount", "--propagation", "private", "sh", "-ec", `${mount}; exec node "$@"`, "sh"],
        ...[await archiver(stack), JSON.stringify(args)],
    );

describe("the named pipe of a copy", () => {
    it(
        "transfers archives and restores, and leaves no folder",
        withStack(async (stack) => {
            const temporary = await ownTemporary(stack);
            await createBuilder(stack);
            const args = { builderName: stack.unique, to: "a.tar.zst" };
            const archiving = archive(stack, args);
            await archiveIsGrowing(stack);
            assert.equal(await usesPipe(stack), true);
            assert.deepEqual(await pipeFolders(temporary), []);
            const { sha256, bytes } = await archiving;
            assert.ok(bytes > megabytes * 1_000_000);
            const tar = await must("sh", ["-c", "zstd -dc a.tar.zst | sha256sum"], { cwd: stack.folder });
            assert.equal(tar.split(" ")[0], sha256);

            const restored = state({ builderName: restoredName(stack), restoreFrom: { archive: "a.tar.zst" } });
            await stack.program(resources({ ...pair(stack), restored }));
            const restoring = stack.up();
            await restoreIsGrowing(stack);
            assert.equal(await usesPipe(stack), true);
            assert.deepEqual(await pipeFolders(temporary), []);
            await restoring;
            assert.deepEqual(await pipeFolders(temporary), []);
            assert.ok((await entriesOf(restoredVolume(stack)))?.includes("big"));
        }),
    );

    it(
        "is not used if the engine does not see its folder or is on another kernel",
        withStack(async (stack) => {
            const temporary = await ownTemporary(stack);
            await createBuilder(stack);
            const args = { builderName: stack.unique, to: "a.tar.zst" };
            await writeFile(join(stack.folder, "other-kernel"), "4a0d9b12-0000-4000-8000-000000000000\n");
            for (const mount of [
                'mount -t tmpfs tmpfs "$TMPDIR"',
                "mount --bind other-kernel /proc/sys/kernel/random/boot_id",
            ]) {
                const archiving = await startPrivately(stack, mount, args);
                await archiveIsGrowing(stack);
                assert.equal(await usesPipe(stack), false);
                assert.deepEqual(await pipeFolders(temporary), []);
                assert.deepEqual(await exitOf(archiving), [0, null]);
                assert.equal(await isRunning(containerOf(stack.unique)), true);
                await must("zstd", ["--test", "a.tar.zst"], { cwd: stack.folder });
                await must("rm", ["a.tar.zst"], { cwd: stack.folder });
            }
        }),
    );

    it(
        "is not used if the engine refuses to create or to start a container with its folder",
        withStack(async (stack) => {
            await createState(volumeOf(stack.unique));
            const proxy = await startProxy(stack.folder);
            stack.env.DOCKER_HOST = proxy.host;
            const helper = `${volumeOf(stack.unique)}_copy`;
            const args = { builderName: stack.unique, to: "a.tar.zst" };
            for (const refused of ["POST /containers/create", `POST /containers/${helper}/start`]) {
                const before = proxy.calls.length;
                const made = () => proxy.calls.slice(before).filter((call) => call === refused);
                proxy.decide = (call) => (call === refused && made().length === 1 ? "refuse" : "pass");
                await archive(stack, args);
                assert.equal(made().length, 2);
                assert.deepEqual(await leftovers(helper), []);
            }
            await proxy.stop();
        }),
    );

    it(
        "of a program that was killed is removed by the next copy, and of a program that runs is kept",
        withStack(async (stack) => {
            const temporary = await ownTemporary(stack);
            const [killed, running] = [2 ** 22 + 1, process.pid].map(
                (pid) => `pulumi-buildx-copy-${hostname()}-${pid}-abcdef`,
            ) as [string, string];
            for (const name of [killed, running]) await mkdir(join(temporary, name));
            await must("mkfifo", [join(temporary, killed, "data")]);
            await createBuilder(stack, 1);
            await archive(stack, { builderName: stack.unique, to: "a.tar.zst" });
            assert.deepEqual(await pipeFolders(temporary), [running]);
        }),
    );

    it(
        "ends with a helper that is killed, and the copy fails",
        withStack(async (stack) => {
            const temporary = await ownTemporary(stack);
            await createBuilder(stack);
            const args = { builderName: stack.unique, to: "a.tar.zst" };
            const failing = archiveFails(stack, args);
            await archiveIsGrowing(stack);
            assert.equal(await usesPipe(stack), true);
            await docker(["kill", `${volumeOf(stack.unique)}_copy`]);
            assert.match(await failing, /cannot be written: helper container .* failed with exit code 137/);
            await nothingIsLeft(stack);

            await archive(stack, args);
            const restored = state({ builderName: restoredName(stack), restoreFrom: { archive: "a.tar.zst" } });
            await stack.program(resources({ ...pair(stack), restored }));
            const restoring = stack.failing("up");
            await restoreIsGrowing(stack);
            await docker(["kill", `${restoredVolume(stack)}_copy`]);
            assert.match(await restoring, /cannot be restored .*: helper container .* failed with exit code 137/s);
            assert.deepEqual(await leftovers(restoredVolume(stack)), []);
            assert.deepEqual(await pipeFolders(temporary), []);
        }),
    );
});

describe("a copy through the Engine API", () => {
    it(
        "ends if the helper or its program is killed, and leaves nothing",
        withStack(async (stack) => {
            const temporary = await ownTemporary(stack);
            const { host } = second;
            const args = {
                builderName: stack.unique,
                to: "a.tar.zst",
                endpoint: second.tcp,
                tls: second.certificates("client").paths,
            };
            const volume = volumeOf(stack.unique);
            const helper = `${volume}_copy`;
            await createState(volume, host);
            await onVolume(volume, `head -c ${megabytes * 1_000_000} /dev/urandom >/state/big`, host);

            const failing = archiveFails(stack, args);
            await archiveIsGrowing(stack);
            assert.equal(await usesPipe(stack), false);
            await docker(["--host", host, "kill", helper]);
            assert.match(await failing, /cannot be written: helper container .* failed with exit code 137/);
            assert.deepEqual(await leftovers(helper, host), []);

            for (const signal of ["SIGINT", "SIGKILL"] as const) {
                const stopped = start(stack, "node", await archiver(stack), JSON.stringify(args));
                await archiveIsGrowing(stack);
                stopped.kill(signal);
                assert.deepEqual(await exitOf(stopped), [null, signal]);
                await until("the copy process exits", async () => (await processesOf(stack, "copier")).length === 0);
                assert.deepEqual(await leftovers(helper, host), []);
                assert.deepEqual(await archivesIn(stack), []);
            }
            await staysSmall(stack, "node", archive(stack, args));
            assert.deepEqual(await pipeFolders(temporary), []);
            assert.deepEqual(await leftovers(helper, host), []);
        }),
    );
});
