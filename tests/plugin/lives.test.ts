/** The life of each resource that is not a builder, through the plugin. The builder's is in `protocol.test.ts`. */
import { strict as assert } from "node:assert";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { stockQemu } from "../support/binfmt";
import { docker, inspectContainer, inspectVolume, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { archive, builder, emulation, prune, resources, state, type YamlProgram } from "../support/program";
import type { Project } from "../support/project";
import { type Stack, withStack } from "../support/stack";
import { must } from "../support/run";
import { containerOf, volumeOf } from "../support/state";

const outputsOf = async (project: Project, type: string): Promise<Record<string, unknown>> => {
    const found = (await project.state()).find((each) => each.type === `buildx:index:${type}`);
    assert.ok(found, type);
    return found.outputs;
};

/** Runs an `up`, and asserts what it does to each resource that does not stay the same. */
async function does(stack: Stack, program: YamlProgram, steps: Stack["steps"]): Promise<void> {
    await stack.program(program);
    await stack.up();
    assert.deepEqual(stack.steps, steps);
    await stack.refresh("--expect-no-changes");
    await stack.preview("--expect-no-changes");
}

describe("the life through the plugin", () => {
    it(
        "of a state: created, replaced, lost, refused and removed",
        withStack(async (stack) => {
            const { unique } = stack;
            const volume = volumeOf(unique);
            const program = (args: object = {}) =>
                resources({ cache: state({ builderName: unique, ...args }) }, { volume: "${cache.volumeName}" });
            await stack.program(program({ volumeDriver: "no-such-driver" }));
            assert.match(await stack.failing("up"), /no-such-driver/);
            assert.deepEqual([await stack.state(), await leftovers(unique)], [[], []]);

            await does(stack, program(), { cache: "create" });
            assert.deepEqual(await stack.outputs(), { volume });
            assert.equal(
                (await inspectVolume(volume))?.Labels?.["io.github.pulumi-buildx.urn"],
                stack.urn("BuildKitState", "cache"),
            );
            const { CreatedAt: created } = (await inspectVolume(volume)) as { CreatedAt?: string };
            await does(stack, program({ labels: { team: "ci" } }), { cache: "replace" });
            assert.equal((await inspectVolume(volume))?.Labels?.team, "ci");
            assert.notEqual(created, undefined);

            await docker(["volume", "rm", volume]);
            await stack.refresh();
            assert.deepEqual(stack.steps, { cache: "delete" });
            await does(stack, program({ labels: { team: "ci" } }), { cache: "create" });

            await docker(["create", "--name", `${unique}-user`, "--volume", `${volume}:/held`, stockQemu]);
            assert.match(await stack.failing("destroy"), new RegExp(`${volume}.*${unique}-user`));
            await docker(["rm", `${unique}-user`]);
            await stack.destroy();
            assert.deepEqual([await stack.state(), await leftovers(unique)], [[], []]);
        }),
    );

    it(
        "of a prune and an archive: each runs again if its triggers change, and fails without touching the builder",
        withStack(async (stack) => {
            const { unique, folder } = stack;
            const path = join(folder, "copy.tar.zst");
            const program = (trigger: number, { to = path, builderName = "${builder.name}" } = {}) =>
                resources({
                    cache: state({ builderName: unique }),
                    builder: builder({ state: "${cache}" }),
                    prune: prune({ builderName, all: true, triggers: [trigger] }),
                    copy: archive(
                        { state: "${cache}", to: { archive: to }, triggers: [trigger] },
                        { dependsOn: ["${prune}"] },
                    ),
                });
            await does(stack, program(1), { cache: "create", builder: "create", prune: "create", copy: "create" });
            const created = await inspectContainer(containerOf(unique));
            const written = await outputsOf(stack, "BuildKitStateArchive");
            assert.deepEqual([written.location, written.size], [path, (await stat(path)).size]);

            await build(stack, unique, await context(stack, "FROM scratch\nCOPY busybox /busybox\n"));
            await does(stack, program(2), { prune: "update", copy: "update" });
            const pruned = await outputsOf(stack, "BuildKitPrune");
            assert.ok(Number(pruned.records) > 0 && Number(pruned.reclaimed) > 0, JSON.stringify(pruned));

            await must("rm", [path]);
            await stack.refresh();
            assert.deepEqual(stack.steps, { copy: "delete" });
            await does(stack, program(2), { copy: "create" });

            await stack.program(program(3, { to: join(path, "below-a-file") }));
            assert.match(await stack.failing("up"), /below-a-file/);
            await stack.program(program(3, { builderName: `${unique}-other` }));
            assert.match(await stack.failing("up"), new RegExp(`"${unique}-other"`));
            assert.equal((await inspectContainer(containerOf(unique)))?.Id, created?.Id);
            assert.equal((await inspectContainer(containerOf(unique)))?.State.Running, true);

            await stack.destroy();
            assert.deepEqual([await stack.state(), await leftovers(unique)], [[], []]);
            assert.ok((await stat(path)).size > 0);
        }),
    );

    it(
        "of an emulation, for a platform that the host runs by itself",
        withStack(async (stack) => {
            const image = `${stack.unique}:qemu`;
            const program = (args: object) =>
                resources({ qemu: emulation({ platforms: ["linux/amd64"], ...args }) }, { added: "${qemu.added}" });
            await docker(["tag", stockQemu, image]);
            try {
                await stack.program(program({ image: `${stack.unique}.invalid/none` }));
                assert.match(await stack.failing("up"), /image .*invalid\/none.* cannot be pulled/);
                assert.deepEqual(await stack.state(), []);
                await does(stack, program({ image: stockQemu }), { qemu: "create" });
                assert.deepEqual(await stack.outputs(), { added: [] });
                await stack.program(program({ image }));
                await stack.up();
                await stack.program(program({ image, platforms: ["linux/arm65"] }));
                assert.match(await stack.failing("preview"), /platforms\[0\].*did you mean arm64\?/);
                await stack.destroy();
                assert.deepEqual(await stack.state(), []);
            } finally {
                await docker(["image", "rm", "--force", image]);
            }
        }),
    );
});
