import { strict as assert } from "node:assert";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectVolume, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { archiveFails } from "../support/state";
import { withProject } from "../support/project";

describe("where a state lies", () => {
    it(
        "is a folder of the user's, or memory, and the builder moves when that changes",
        withProject(async (project) => {
            const disk = join(project.folder, "disk");
            await mkdir(disk);
            const volume = `buildx_buildkit_${project.unique}0_state`;
            const program = (args: string) =>
                project.program(`
                    const state = new buildx.BuildKitState("cache", { builderName: unique, ${args} });
                    const builder = new buildx.BuildxBuilder("b", { state });
                    exports.out = { volume: state.volumeName, status: builder.status };`);
            const bind = (device: string) =>
                `volumeDriverOpts: { type: "none", o: "bind", device: "${device}" }, labels: { disk: "fast" }`;
            await program(bind(disk));
            await project.up();
            const folder = await context(project);
            await build(project, project.unique, folder);
            assert.ok((await readdir(disk)).includes("runc-overlayfs"));
            const found = await inspectVolume(volume);
            assert.deepEqual(found?.Options, { type: "none", o: "bind", device: disk });
            assert.equal(found?.Labels.disk, "fast");
            await project.preview("--expect-no-changes");
            await project.refresh("--expect-no-changes");

            await program('volumeDriverOpts: { type: "tmpfs", device: "tmpfs", o: "size=200m" }');
            await project.up();
            assert.deepEqual(await project.outputs(), { out: { volume, status: "running" } });
            const mounted = await docker(["exec", `buildx_buildkit_${project.unique}0`, "df", "/var/lib/buildkit"]);
            assert.match(mounted, /^tmpfs +204800 /m);
            await build(project, project.unique, folder);
            // The engine empties it where its builder is stopped, so that a copy of it would lose it.
            const refused = await archiveFails(project, { builderName: project.unique, to: "a.tar.zst" });
            assert.match(refused, /_state on unix:.* cannot be copied: a tmpfs loses its content/);
            assert.equal((await build(project, project.unique, folder)).cached, 3);
            await program('volumeDriverOpts: { type: "tmpfs", device: "tmpfs" }, restoreFrom: "a.tar.zst"');
            assert.match(await project.failing("preview"), /restoreFrom.*a tmpfs loses its content/s);
            assert.ok((await readdir(disk)).includes("runc-overlayfs")); // the files of a bind are the user's

            await program(bind(join(disk, "nowhere")));
            assert.match(await project.failing("up"), /buildx_buildkit_.* on unix:.*no such file or directory/s);
            await program(bind(disk));
            await project.up();
            assert.equal((await build(project, project.unique, folder)).cached, 3);
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );
});
