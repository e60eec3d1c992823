/** The whole life of a prune and an archive with the dynamic provider. The life of an emulation is in tests/host. */
import { strict as assert } from "node:assert";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { build, context } from "../support/image";
import { withProject } from "../support/project";

describe("the life of a prune", () => {
    it(
        "prunes at its creation and when its triggers change, and fails without its builder",
        withProject(async (project) => {
            const program = (name: string, trigger: number) =>
                project.program(`
                    const prune = new buildx.BuildKitPrune("prune", {
                        builderName: "${name}", all: true, triggers: [${trigger}],
                    });
                    exports.records = prune.records;`);
            const records = async () => (await project.outputs<{ records: number }>()).records;
            await project.buildx("create", "--name", project.unique, "--driver", "docker-container", "--bootstrap");
            await program(project.unique, 1);
            await project.up();
            assert.equal(await records(), 0);

            await build(project, project.unique, await context(project));
            await program(project.unique, 2);
            await project.up();
            const pruned = await records();
            assert.ok(pruned > 0);
            await project.up("--refresh", "--expect-no-changes");
            assert.equal(await records(), pruned);

            await program(`${project.unique}-gone`, 2);
            assert.match(await project.failing("up"), /builder "\S+-gone" .*not found|does not exist/);
            await project.destroy();
            assert.deepEqual(await project.state(), []);
        }),
    );
});

describe("the life of an archive", () => {
    it(
        "is written again when its triggers change or the file is gone, and the file stays after the removal",
        withProject(async (project) => {
            const path = join(project.folder, "state.tar.zst");
            const program = (trigger: number, to = path) =>
                project.program(`
                    const state = new buildx.BuildKitState("state", { builderName: unique });
                    const archive = new buildx.BuildKitStateArchive("archive", {
                        state, to: "${to}", triggers: [${trigger}],
                    });
                    exports.createdAt = archive.createdAt;`);
            const createdAt = async () => (await project.outputs<{ createdAt: string }>()).createdAt;
            await program(1);
            await project.up();
            const first = await createdAt();
            assert.ok((await stat(path)).size > 0);

            await program(2);
            await project.up();
            const second = await createdAt();
            assert.notEqual(second, first);

            await rm(path);
            await project.up("--refresh");
            assert.notEqual(await createdAt(), second);
            assert.ok((await stat(path)).size > 0);

            await program(3, join(path, "below-a-file"));
            assert.match(await project.failing("up"), /archive \S+ cannot be written: a part of the path is a file/);

            await project.destroy();
            assert.deepEqual(await project.state(), []);
            assert.ok((await stat(path)).size > 0);
        }),
    );
});
