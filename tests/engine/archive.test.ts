import { strict as assert } from "node:assert";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { docker, leftovers } from "../support/docker";
import { second } from "../support/engines";
import { build, longBuild } from "../support/image";
import { Project, withProject } from "../support/project";
import { type Fate, startProxy } from "../support/proxy";
import { must } from "../support/run";
import {
    archive,
    archiveFails,
    containerOf,
    hold,
    isRunning,
    layered,
    layers,
    listing,
    onVolume,
    volumeOf,
} from "../support/state";

const pair = (args = "", more = "") => `
    const state = new buildx.BuildKitState("cache", { builderName: unique ${args} });
    const builder = new buildx.BuildxBuilder("builder", { state });
    exports.name = builder.name;
    ${more}`;

describe("an archive of a state", () => {
    it(
        "brings every layer to a builder of another name on another engine, after all else is gone",
        withProject(async (project) => {
            const path = join(project.folder, "ci.tar.zst");
            await project.program(pair());
            await project.up();
            const folder = await layered(project);
            assert.equal((await build(project, project.unique, folder)).cached, 0);

            const args = `{ state, to: ${JSON.stringify(path)}, triggers: [1] }`;
            await project.program(pair("", `exports.archive = new buildx.BuildKitStateArchive("archive", ${args});`));
            await project.up();
            await project.preview("--expect-no-changes");
            const { archive: written } = await project.outputs<{ archive: Record<string, unknown> }>();
            assert.match(String(written.sha256), /^[0-9a-f]{64}$/);
            assert.equal(written.location, path);
            assert.match(String(written.buildkitVersion), /^v\d/);
            assert.equal((await stat(path)).size, written.size);
            assert.equal((await stat(path)).mode & 0o777, 0o600);
            assert.ok(Number(written.stoppedFor) > 0);
            const tar = await must("sh", ["-c", `zstd -dc ${path} | sha256sum`]);
            assert.equal(tar.split(" ")[0], written.sha256);
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);

            const other = await Project.make({ store: join(project.folder, "other-store") });
            try {
                await other.program(`
                    const endpoint = ${JSON.stringify(second.host)};
                    const restoreFrom = ${JSON.stringify(path)};
                    const state = new buildx.BuildKitState("cache", { builderName: unique, endpoint, restoreFrom });
                    new buildx.BuildxBuilder("builder", { state });`);
                await other.preview();
                await other.up();
                assert.equal((await build(other, other.unique, folder)).cached, layers);
                await other.preview("--expect-no-changes");
                await other.destroy();
            } finally {
                await other.remove();
            }
        }),
    );

    it(
        "has whiteouts, opaque folders, links, owners, modes, times, attributes and holes as they are",
        withProject(async (project) => {
            await project.program(pair());
            await project.up();
            await build(project, project.unique, await layered(project));
            const volume = volumeOf(project.unique);
            await docker(["stop", containerOf(project.unique)]); // or it would go on writing
            const sparse = "head -c 1 /dev/urandom >/state/sparse && truncate --size=1G /state/sparse";
            const linked =
                "cp /bin/cat /state/one && chown 1234:70000 /state/one && chmod 6755 /state/one && ln /state/one /state/two";
            await onVolume(volume, `${sparse} && ${linked}`);
            await archive(project, { builderName: project.unique, to: "ci.tar.zst" });
            const before = await listing(volume);
            assert.ok(before.some((line) => line.startsWith("c") && line.includes(" 0,0 ")));
            assert.ok(before.some((line) => line.includes("trusted.overlay.opaque")));
            const restored = [
                ["archive", "ci.tar.zst"],
                ["volume", volume],
            ] as const;
            for (const [kind, value] of restored) {
                const name = `${project.unique}-${kind}`;
                await project.program(`
                    const restoreFrom = ${JSON.stringify({ [kind]: value })};
                    new buildx.BuildKitState("${kind}", { builderName: "${name}", restoreFrom });`);
                await project.up("--target", `**${kind}**`);
                assert.deepEqual(await listing(volumeOf(name)), before);
                assert.ok(Number.parseInt(await onVolume(volumeOf(name), "du --block-size=1M /state/sparse"), 10) < 2);
            }
        }),
    );

    it(
        "is written when its triggers change, or a refresh finds it gone, and stays when it is removed",
        withProject(async (project) => {
            const program = (trigger: number) =>
                pair(
                    "",
                    `exports.createdAt = new buildx.BuildKitStateArchive("a", { state, to: "a.tar.zst", triggers: [${trigger}] }).createdAt;`,
                );
            const path = join(project.folder, "a.tar.zst");
            const createdAt = async () => (await project.outputs<{ createdAt: string }>()).createdAt;
            await project.program(program(1));
            await project.up();
            const first = await createdAt();
            await project.up("--expect-no-changes");
            await project.program(program(2));
            await project.up();
            const changed = await createdAt();
            assert.notEqual(changed, first);
            await project.refresh("--expect-no-changes");
            await must("rm", [path]);
            await project.refresh();
            await project.up();
            assert.notEqual(await createdAt(), changed);
            await project.destroy();
            assert.ok((await stat(path)).size > 0);
        }),
    );

    it(
        "takes turns with all else in the same program that works on the state",
        withProject(async (project) => {
            const program = (count: number) => {
                const changed = `triggers: [${count}]`;
                return `
                    const state = new buildx.BuildKitState("cache", { builderName: unique });
                    const driverOpts = { env: { COUNT: "${count}" } };
                    const builder = new buildx.BuildxBuilder("builder", { state, driverOpts });
                    new buildx.BuildKitStateArchive("archive", { state, to: "a.tar.zst", ${changed} });
                    new buildx.BuildKitPrune("prune", { builderName: unique, ${changed} }, { dependsOn: builder });`;
            };
            const proxy = await startProxy(project.folder);
            project.env.DOCKER_HOST = proxy.host;
            const call = (what: string) => `POST /containers/${containerOf(project.unique)}/${what}`;
            for (const count of [1, 2]) {
                // A BuildKit that was started is asked only once an archive that does not wait has stopped it again.
                let isStarted = false;
                let isStopped = false;
                proxy.decide = async (made): Promise<Fate> => {
                    isStarted ||= made === call("start");
                    isStopped ||= isStarted && made === call("stop");
                    const deadline = performance.now() + 1500;
                    while (made === call("exec") && isStarted && !isStopped && performance.now() < deadline)
                        await sleep(10);
                    return "pass";
                };
                await project.program(program(count));
                const { output } = await project.up();
                assert.match(output, /waiting for another resource that works on/);
                await project.preview("--expect-no-changes");
            }
            await project.destroy();
            await proxy.stop();
        }),
    );

    it(
        "lets running builds come to their end, and keeps a stopped builder stopped",
        withProject(async (project) => {
            await project.program(pair());
            await project.up();
            const { ended } = await longBuild(project, 5);
            const { stoppedFor } = await archive(project, { builderName: project.unique, to: "a.tar.zst" });
            assert.match(await ended, /finished/);
            assert.ok(stoppedFor > 0 && stoppedFor < 60);
            assert.equal(await isRunning(containerOf(project.unique)), true);

            await docker(["stop", containerOf(project.unique)]);
            const again = await archive(project, { builderName: project.unique, to: { archive: "a.tar.zst" } });
            assert.equal(again.stoppedFor, 0);
            assert.match(again.buildkitVersion, /^v\d/);
            assert.equal(await isRunning(containerOf(project.unique)), false);
            assert.deepEqual(await leftovers(`${volumeOf(project.unique)}_copy`), []);
        }),
    );

    it(
        "is refused where there is no such state, and where someone else uses it",
        withProject(async (project) => {
            const to = "a.tar.zst";
            const none = await archiveFails(project, { builderName: project.unique, to });
            assert.match(none, /volume .* not found on unix:.*docker volume ls/);
            await project.program(`new buildx.BuildKitState("cache", { builderName: unique });`);
            await project.up();
            const user = `${project.unique}-user`;
            await hold(user, volumeOf(project.unique));
            const used = await archiveFails(project, { builderName: project.unique, to });
            assert.match(used, new RegExp(`in use by container ${user}.*docker stop ${user}`));
            assert.deepEqual(
                (await readdir(project.folder)).filter((name) => name.startsWith(to)),
                [],
            );
        }),
    );
});
