import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectVolume, leftovers } from "../support/docker";
import { second } from "../support/engines";
import { configure } from "../support/privateImage";
import { type Project, withProject } from "../support/project";
import { startProxy } from "../support/proxy";
import { credentials, startRegistry } from "../support/registry";
import { startSshd } from "../support/sshd";
import {
    archive,
    archiveFails,
    change,
    containerOf,
    entriesOf,
    hold,
    isRunning,
    onVolume,
    volumeOf,
} from "../support/state";

/** A state with a little in it, which nobody works on. */
async function made(project: Project, volume = volumeOf(project.unique), megabytes = 3): Promise<string> {
    await docker(["volume", "create", volume]);
    await onVolume(
        volume,
        `mkdir /state/runc-overlayfs && head -c ${megabytes * 1_000_000} /dev/urandom >/state/runc-overlayfs/data; echo cache >/state/cache.db`,
    );
    return volume;
}

const content = ["cache.db", "runc-overlayfs"];

/** A state of another name, restored; and its volume. */
const restoring = (restoreFrom: unknown) =>
    `exports.volume = new buildx.BuildKitState("restored", { builderName: unique + "-restored", restoreFrom: ${JSON.stringify(restoreFrom)} }).volumeName;`;

const restoredVolume = (project: Project) => volumeOf(`${project.unique}-restored`);

const own = (entries: string[] | undefined) => entries?.filter((name) => name !== ".restored");

describe("restoring a state", () => {
    it(
        "from an archive that is not there, is none, is cut off or damaged leaves no volume",
        withProject(async (project) => {
            await made(project);
            await archive(project, { builderName: project.unique, to: "whole.tar.zst" });
            const path = (name: string) => join(project.folder, name);
            const whole = await readFile(path("whole.tar.zst"));
            await writeFile(path("cut"), whole.subarray(0, 1_000_000));
            await writeFile(path("other"), "no archive at all");
            await writeFile(path("damaged"), whole);
            // Uncompressed, random bytes lie in it as they are: the checksum alone tells.
            await change(path("damaged"), (bytes) =>
                bytes.fill(bytes.at(1_500_000) === 7 ? 8 : 7, 1_500_000, 1_500_001),
            );

            for (const [name, said] of [
                ["missing", /archive .*missing not found/],
                ["cut", /archive .*cut is incomplete.*checksum/s],
                ["other", /other is not a valid archive of a BuildKit state/],
            ] as const) {
                await project.program(restoring(name));
                assert.match(await project.failing("preview"), said);
                assert.equal(await inspectVolume(restoredVolume(project)), undefined);
            }
            await project.program(restoring("damaged"));
            await project.preview();
            assert.match(
                await project.failing("up"),
                /damaged cannot be restored into volume .*: .*(checksum|damaged)/s,
            );
            assert.deepEqual(await leftovers(restoredVolume(project)), []);
            assert.deepEqual(await project.state(), []);

            await project.program(restoring("whole.tar.zst"));
            await project.up();
            assert.deepEqual(own(await entriesOf(restoredVolume(project))), content);
            await project.program(restoring("missing")); // which counts for a new state only
            await project.up("--expect-no-changes");
        }),
    );

    it(
        "into a volume with content is refused, unless it is to be overwritten; into one in use always",
        withProject(async (project) => {
            const volume = await made(project, restoredVolume(project));
            await onVolume(volume, "echo mine >/state/mine");
            await made(project);
            await archive(project, { builderName: project.unique, to: "a.tar.zst" });

            await project.program(restoring("a.tar.zst"));
            const refused = await project.failing("up");
            assert.match(
                refused,
                /cannot be restored into volume .*the volume already has content \(cache.db, mine, runc-overlayfs\)/s,
            );
            assert.match(refused, /overwrite: true/);
            assert.deepEqual(await entriesOf(volume), ["cache.db", "mine", "runc-overlayfs"]);

            const overwriting = restoring({ archive: "a.tar.zst", overwrite: true });
            await project.program(overwriting);
            const user = `${project.unique}-user`;
            await hold(user, volume);
            assert.match(
                await project.failing("up"),
                new RegExp(`in use by container ${user}.*docker stop ${user}`, "s"),
            );
            await docker(["rm", "--force", "--volumes", user]);
            await project.up();
            assert.deepEqual(own(await entriesOf(volume)), content);
            await project.destroy(); // the volume was there before
            assert.ok(await inspectVolume(volume));
        }),
    );

    it(
        "goes by way of an image in a registry that asks for a password",
        withProject(async (project) => {
            const volume = await made(project);
            const registry = await startRegistry(project.folder);
            try {
                const image = `${registry.host}/caches/${project.unique}:latest`;
                const anonymous = await archiveFails(project, { builderName: project.unique, to: { image } });
                assert.match(anonymous, new RegExp(`docker login ${registry.host}`));
                const auth = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
                await configure(project, { auths: { [registry.host]: { auth } } });
                const { location, sha256 } = await archive(project, { builderName: project.unique, to: { image } });
                assert.match(location, new RegExp(`^${registry.host}/caches/${project.unique}@sha256:[0-9a-f]{64}$`));
                assert.match(sha256, /^[0-9a-f]{64}$/);
                await project.program(restoring({ image: location }));
                await project.up();
                const sum = "cd /state && cat runc-overlayfs/data cache.db";
                assert.equal(await onVolume(restoredVolume(project), sum), await onVolume(volume, sum));
                await project.destroy();

                await project.program(restoring({ image: `${registry.host}/caches/none:latest` }));
                assert.match(await project.failing("up"), /refuses the manifest of .*caches\/none:latest \(404/s);
                assert.deepEqual(await leftovers(restoredVolume(project)), []);

                const wrong = "wrong-sesame-9";
                const login = Buffer.from(`${credentials.username}:${wrong}`).toString("base64");
                await configure(project, { auths: { [registry.host]: { auth: login } } });
                await project.program(restoring({ image: location }));
                const refused = await project.failing("up", "--logtostderr", "-v=3");
                assert.match(refused, new RegExp(`\\(401: .*docker login ${registry.host}`, "s"));
                assert.ok(!refused.includes(wrong) && !refused.includes(login));
            } finally {
                registry.stop();
            }
        }),
    );

    it(
        "from another volume stops the builder of that one for the copy, and starts it again",
        withProject(async (project) => {
            const from = volumeOf(project.unique);
            await project.program(`
                const state = new buildx.BuildKitState("cache", { builderName: unique });
                const builder = new buildx.BuildxBuilder("builder", { state });
                const restoreFrom = { volume: pulumi.all([builder.name, state.volumeName]).apply(([, volume]) => volume) };
                new buildx.BuildKitState("restored", { builderName: unique + "-restored", restoreFrom });`);
            await project.preview();
            await project.up();
            assert.equal(await isRunning(containerOf(project.unique)), true);
            assert.ok((await entriesOf(restoredVolume(project)))?.includes("runc-overlayfs"));
            assert.deepEqual(await leftovers(`${from}_copy`), []);
            await project.preview("--expect-no-changes");
        }),
    );

    it(
        "goes over TLS and over ssh",
        withProject(async (project) => {
            const sshd = await startSshd(project.folder, second.host);
            Object.assign(project.env, sshd.env);
            try {
                await made(project);
                await archive(project, { builderName: project.unique, to: "a.tar.zst" });
                const tls = second.certificates("client").paths;
                const places = [{ endpoint: second.tcp, tls }, { endpoint: sshd.host }];
                for (const [index, place] of places.entries()) {
                    const builderName = `${project.unique}-${index}`;
                    const args = JSON.stringify({ builderName, ...place, restoreFrom: "a.tar.zst" });
                    await project.program(`new buildx.BuildKitState("restored", ${args});`);
                    await project.up();
                    assert.deepEqual(own(await entriesOf(volumeOf(builderName), second.host)), content);
                    const { bytes } = await archive(project, { builderName, ...place, to: "back.tar.zst" });
                    assert.ok(bytes > 3_000_000);
                    await project.destroy();
                }
            } finally {
                await sshd.remove();
            }
        }),
    );

    it(
        "onto a disk that is too small tells so, and leaves no state",
        withProject(async (project) => {
            await made(project);
            const { bytes } = await archive(project, { builderName: project.unique, to: "a.tar.zst" });
            // The engine mounts it for as long as a container runs with it.
            const disk = `${project.unique}-disk`;
            const size = `o=size=${Math.floor(bytes / 2)}`;
            await docker(["volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", size, disk]);
            await hold(disk, disk);
            try {
                const device = (await inspectVolume(disk))?.Mountpoint;
                const args = JSON.stringify({
                    builderName: `${project.unique}-restored`,
                    volumeDriverOpts: { type: "none", o: "bind", device },
                    restoreFrom: "a.tar.zst",
                });
                await project.program(`new buildx.BuildKitState("restored", ${args});`);
                assert.match(await project.failing("up"), /a.tar.zst cannot be restored .*no space left for volume/s);
                assert.deepEqual(await leftovers(restoredVolume(project)), []);
                assert.equal(await docker(["exec", disk, "ls", "-A", "/held"]), "");
            } finally {
                await docker(["rm", "--force", "--volumes", disk]);
            }
        }),
    );

    it(
        "through an engine that goes away leaves no state, and the next up makes it whole",
        withProject(async (project) => {
            await made(project);
            await archive(project, { builderName: project.unique, to: "a.tar.zst" });
            const proxy = await startProxy(project.folder);
            project.env.DOCKER_HOST = proxy.host;
            try {
                // From the helper's start on nothing answers any more.
                let isGone = false;
                proxy.decide = (call) => {
                    isGone ||=
                        /^POST \/containers\/.*\/wait$/.test(call) &&
                        proxy.calls.some((each) => each.includes("/attach"));
                    return isGone ? "refuse" : "pass";
                };
                await project.program(restoring("a.tar.zst"));
                await project.failing("up");
                isGone = false;
                proxy.decide = () => "pass";
                await project.up();
                assert.deepEqual(own(await entriesOf(restoredVolume(project))), content);
            } finally {
                await proxy.stop();
                delete project.env.DOCKER_HOST;
            }
        }),
    );

    it(
        "tells at preview what restoreFrom and to cannot be",
        withProject(async (project) => {
            for (const [restoreFrom, said] of [
                [{ archiv: "a" }, /restoreFrom.archiv.*did you mean archive/s],
                [{ image: "Not An Image" }, /restoreFrom.image.*is not a valid image name/s],
                [{ overwrite: true }, /restoreFrom.*names no location/s],
                [{ archive: "a", volume: "other" }, /restoreFrom.*names several locations/s],
                [7, /restoreFrom.*7 is not a valid path: must be the path of a file/s],
            ] as const) {
                await project.program(restoring(restoreFrom));
                assert.match(await project.failing("preview"), said);
            }
            await project.program(`new buildx.BuildKitStateArchive("a", { to: { imag: "x" }, tirggers: [1] });`);
            const output = await project.failing("preview");
            assert.match(output, /to.imag.*did you mean image/s);
            assert.match(output, /tirggers.*did you mean triggers/s);
            assert.match(output, /required: a BuildKitState, or its builderName/);
        }),
    );
});
