import { strict as assert } from "node:assert";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectVolume, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { builder, resources, state } from "../support/program";
import { withStack } from "../support/stack";
import { archiveFails, containerOf, volumeOf } from "../support/state";

describe("the volume of a state", () => {
    it(
        "is a folder of the user or in memory, and the builder moves if that changes",
        withStack(async (stack) => {
            const { unique } = stack;
            const disk = join(stack.folder, "disk");
            await mkdir(disk);
            const program = (args: object) =>
                stack.program(
                    resources(
                        { cache: state({ builderName: unique, ...args }), b: builder({ state: "${cache}" }) },
                        { volume: "${cache.volumeName}", status: "${b.status}" },
                    ),
                );
            const bind = (device: string) => ({
                volumeDriverOpts: { type: "none", o: "bind", device },
                labels: { disk: "fast" },
            });
            await program(bind(disk));
            await stack.up();
            const folder = await context(stack);
            await build(stack, unique, folder);
            assert.ok((await readdir(disk)).includes("runc-overlayfs"));
            const found = await inspectVolume(volumeOf(unique));
            assert.deepEqual(found?.Options, { type: "none", o: "bind", device: disk });
            assert.equal(found?.Labels.disk, "fast");
            await stack.preview("--expect-no-changes");
            await stack.refresh("--expect-no-changes");

            const tmpfs = { type: "tmpfs", device: "tmpfs" };
            await program({ volumeDriverOpts: { ...tmpfs, o: "size=200m" } });
            await stack.up();
            assert.deepEqual(stack.steps, { cache: "replace", b: "replace" });
            assert.deepEqual(await stack.outputs(), { volume: volumeOf(unique), status: "running" });
            const mounted = await docker(["exec", containerOf(unique), "df", "/var/lib/buildkit"]);
            assert.match(mounted, /^tmpfs +204800 /m);
            await build(stack, unique, folder);
            // The engine empties a tmpfs if its builder is stopped, so copying it would lose its content.
            const refused = await archiveFails(stack, { builderName: unique, to: "a.tar.zst" });
            assert.match(refused, /_state on unix:.* cannot be copied: a tmpfs loses its content/);
            assert.equal((await build(stack, unique, folder)).cached, 3);
            await program({ volumeDriverOpts: tmpfs, restoreFrom: { archive: "a.tar.zst" } });
            assert.match(await stack.failing("preview"), /error: restoreFrom: .*a tmpfs loses its content/);
            assert.ok((await readdir(disk)).includes("runc-overlayfs")); // a bind keeps the user's files

            await program(bind(join(disk, "nowhere")));
            assert.match(await stack.failing("up"), /buildx_buildkit_.* on unix:.*no such file or directory/s);
            await program(bind(disk));
            await stack.up();
            assert.equal((await build(stack, unique, folder)).cached, 3);
            await stack.destroy();
            assert.deepEqual(await leftovers(unique), []);
        }),
    );
});
