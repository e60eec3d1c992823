import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectVolume, leftovers } from "../support/docker";
import { startProxy } from "../support/proxy";
import { Stack, withStack } from "../support/stack";
import {
    archive,
    change,
    createState,
    entriesOf,
    hold,
    onVolume,
    restoredEntriesOf,
    restoredVolume,
    restoring,
    stateEntries,
    volumeOf,
} from "../support/state";

describe("a restore that fails", () => {
    /** An archive of a state that does not change, for all tests. */
    let source: Stack;
    let whole: string;
    let bytes: number;

    before(async () => {
        source = await Stack.make();
        await createState(volumeOf(source.unique));
        ({ bytes } = await archive(source, { builderName: source.unique, to: "whole.tar.zst" }));
        whole = join(source.folder, "whole.tar.zst");
    });

    after(() => source.remove());

    it(
        "creates no volume if the archive is missing, is not an archive, is incomplete or is damaged",
        withStack(async (stack) => {
            const path = (name: string) => join(stack.folder, name);
            const archived = await readFile(whole);
            await writeFile(path("cut"), archived.subarray(0, 1_000_000));
            await writeFile(path("other"), "no archive at all");
            await writeFile(path("damaged"), archived);
            // Random bytes are not compressed in the archive: only the checksum shows the damage.
            await change(path("damaged"), (all) => all.fill(all.at(1_500_000) === 7 ? 8 : 7, 1_500_000, 1_500_001));

            for (const [name, said] of [
                ["missing", /archive .*missing not found/],
                ["cut", /archive .*cut is incomplete.*checksum/s],
                ["other", /other is not a valid archive of a BuildKit state/],
            ] as const) {
                await stack.program(restoring(stack, { archive: name }));
                assert.match(await stack.failing("preview"), said);
            }
            assert.equal(await inspectVolume(restoredVolume(stack)), undefined);
            await stack.program(restoring(stack, { archive: "damaged" }));
            await stack.preview();
            assert.match(await stack.failing("up"), /damaged cannot be restored into volume .*: .*(checksum|damaged)/s);
            assert.deepEqual(await leftovers(restoredVolume(stack)), []);
            assert.deepEqual(await stack.state(), []);

            await stack.program(restoring(stack, { archive: whole }));
            await stack.up();
            assert.deepEqual(await restoredEntriesOf(restoredVolume(stack)), stateEntries);
            await stack.program(restoring(stack, { archive: "missing" })); // has no effect on a state that exists
            await stack.up("--expect-no-changes");
        }),
    );

    it(
        "keeps the content of a volume unless overwrite is set, and always if a container uses the volume",
        withStack(async (stack) => {
            const volume = restoredVolume(stack);
            await createState(volume);
            await onVolume(volume, "echo mine >/state/mine");

            await stack.program(restoring(stack, { archive: whole }));
            const refused = await stack.failing("up");
            assert.match(
                refused,
                /cannot be restored into volume .*the volume already has content \(cache.db, mine, runc-overlayfs\)/s,
            );
            assert.match(refused, /overwrite: true/);
            assert.deepEqual(await entriesOf(volume), ["cache.db", "mine", "runc-overlayfs"]);

            await stack.program(restoring(stack, { archive: whole, overwrite: true }));
            const user = `${stack.unique}-user`;
            await hold(user, volume);
            assert.match(
                await stack.failing("up"),
                new RegExp(`in use by container ${user}.*docker stop ${user}`, "s"),
            );
            await docker(["rm", "--force", "--volumes", user]);
            await stack.up();
            assert.deepEqual(await restoredEntriesOf(volume), stateEntries);
            await stack.destroy(); // the volume existed before
            assert.ok(await inspectVolume(volume));
        }),
    );

    it(
        "leaves no state if the disk is full",
        withStack(async (stack) => {
            // The engine mounts the volume while a container that uses it runs.
            const disk = `${stack.unique}-disk`;
            const size = `o=size=${Math.floor(bytes / 2)}`;
            await docker(["volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", size, disk]);
            await hold(disk, disk);
            try {
                const device = (await inspectVolume(disk))?.Mountpoint;
                const volumeDriverOpts = { type: "none", o: "bind", device };
                await stack.program(restoring(stack, { archive: whole }, { volumeDriverOpts }));
                assert.match(await stack.failing("up"), /whole.tar.zst cannot be restored .*no space left for volume/s);
                assert.deepEqual(await leftovers(restoredVolume(stack)), []);
                assert.equal(await docker(["exec", disk, "ls", "-A", "/held"]), "");
            } finally {
                await docker(["rm", "--force", "--volumes", disk]);
            }
        }),
    );

    it(
        "because the engine stops responding is completed by the next up",
        withStack(async (stack) => {
            const proxy = await startProxy(stack.folder);
            stack.env.DOCKER_HOST = proxy.host;
            try {
                // Nothing responds after the helper has started.
                let isGone = false;
                proxy.decide = (call) => {
                    isGone ||=
                        /^POST \/containers\/.*\/wait$/.test(call) &&
                        proxy.calls.some((each) => each.includes("/attach"));
                    return isGone ? "refuse" : "pass";
                };
                await stack.program(restoring(stack, { archive: whole }));
                await stack.failing("up");
                assert.ok(isGone);
                proxy.decide = () => "pass";
                await stack.up();
                assert.deepEqual(await restoredEntriesOf(restoredVolume(stack)), stateEntries);
            } finally {
                await proxy.stop();
                delete stack.env.DOCKER_HOST;
            }
        }),
    );
});
