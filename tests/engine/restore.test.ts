import { strict as assert } from "node:assert";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { manifestFrame, trailerFrame } from "../../provider/transfer/format";
import { recordLength } from "../../provider/transfer/scripts";
import { leftovers } from "../support/docker";
import { second } from "../support/engines";
import { auth, configure } from "../support/privateImage";
import { archive as archiveOf, builder, resources, state } from "../support/program";
import { credentials, startRegistry } from "../support/registry";
import { must } from "../support/run";
import { startSshd } from "../support/sshd";
import { Stack, withStack } from "../support/stack";
import {
    archive,
    archiveFails,
    containerOf,
    createState,
    entriesOf,
    isRunning,
    onVolume,
    restoredEntriesOf,
    restoredName,
    restoredVolume,
    restoring,
    stateEntries,
    volumeOf,
} from "../support/state";

describe("restoring a state", () => {
    /** An archive of a state that does not change, for all tests. */
    let source: Stack;
    let whole: string;

    before(async () => {
        source = await Stack.make();
        await createState(volumeOf(source.unique));
        await archive(source, { builderName: source.unique, to: "whole.tar.zst" });
        whole = join(source.folder, "whole.tar.zst");
    });

    after(() => source.remove());

    it(
        "reads an image in a registry that requires a password",
        withStack(async (stack) => {
            const volume = volumeOf(source.unique);
            const registry = await startRegistry(stack.folder);
            try {
                const image = `${registry.host}/caches/${stack.unique}:latest`;
                const args = { builderName: source.unique, to: { image } };
                const anonymous = await archiveFails(stack, args);
                assert.match(anonymous, new RegExp(`docker login ${registry.host}`));
                await configure(stack, { auths: { [registry.host]: { auth } } });
                const { location, sha256 } = await archive(stack, args);
                assert.match(location, new RegExp(`^${registry.host}/caches/${stack.unique}@sha256:[0-9a-f]{64}$`));
                assert.match(sha256, /^[0-9a-f]{64}$/);
                await stack.program(restoring(stack, { image: location }));
                await stack.up();
                const sum = "cd /state && cat runc-overlayfs/data cache.db";
                assert.equal(await onVolume(restoredVolume(stack), sum), await onVolume(volume, sum));
                await stack.destroy();

                await stack.program(restoring(stack, { image: `${registry.host}/caches/none:latest` }));
                assert.match(await stack.failing("up"), /refuses the manifest of .*caches\/none:latest \(404/s);
                assert.deepEqual(await leftovers(restoredVolume(stack)), []);

                const wrong = "wrong-sesame-9";
                const login = Buffer.from(`${credentials.username}:${wrong}`).toString("base64");
                await configure(stack, { auths: { [registry.host]: { auth: login } } });
                await stack.program(restoring(stack, { image: location }));
                const refused = await stack.failing("up");
                assert.match(refused, new RegExp(`\\(401: .*docker login ${registry.host}`, "s"));
                const sent = refused + JSON.stringify([stack.log, await stack.state()]);
                for (const secret of [wrong, login, auth]) assert.ok(!sent.includes(secret), sent);
            } finally {
                registry.stop();
            }
        }),
    );

    it(
        "from the volume of another builder stops that builder for the copy and starts it again",
        withStack(async (stack) => {
            const { unique } = stack;
            await stack.program(
                resources({
                    cache: state({ builderName: unique }),
                    b: builder({ state: "${cache}" }),
                    restored: state(
                        { builderName: restoredName(stack), restoreFrom: { volume: "${cache.volumeName}" } },
                        { dependsOn: ["${b}"] },
                    ),
                }),
            );
            await stack.preview();
            await stack.up();
            assert.equal(await isRunning(containerOf(unique)), true);
            assert.ok((await entriesOf(restoredVolume(stack)))?.includes("runc-overlayfs"));
            assert.deepEqual(await leftovers(`${volumeOf(unique)}_copy`), []);
            await stack.preview("--expect-no-changes");
        }),
    );

    it(
        "reads an archive whose tar has the records of an older version",
        withStack(async (stack) => {
            const content = join(stack.folder, "content");
            await mkdir(content);
            await writeFile(join(content, "cache.db"), randomBytes(100_000));
            const tar = join(stack.folder, "old.tar");
            await must("tar", ["--create", "--blocking-factor=20", `--file=${tar}`, `--directory=${content}`, "."]);
            const bytes = await readFile(tar);
            assert.notEqual(bytes.length % recordLength, 0);
            const manifest = { buildkitVersion: "", volume: "v", node: "n", createdAt: "", madeBy: "0.1.0" };
            const sha256 = createHash("sha256").update(bytes).digest("hex");
            await writeFile(
                join(stack.folder, "old.tar.zst"),
                Buffer.concat([
                    manifestFrame({ ...manifest, format: 1, architecture: "" }),
                    zstdCompressSync(bytes),
                    trailerFrame({ sha256, bytes: bytes.length }),
                ]),
            );
            await stack.program(restoring(stack, { archive: "old.tar.zst" }));
            await stack.up();
            assert.deepEqual(await restoredEntriesOf(restoredVolume(stack)), ["cache.db"]);
        }),
    );

    it(
        "works over TLS and over ssh",
        withStack(async (stack) => {
            const sshd = await startSshd(stack.folder, second.host);
            Object.assign(stack.env, sshd.env);
            try {
                const tls = second.certificates("client").paths;
                const restored = (suffix: string, place: object) => ({
                    builderName: `${stack.unique}-${suffix}`,
                    ...place,
                });
                const states = [
                    restored("tls", { endpoint: second.tcp, tls }),
                    restored("ssh", { endpoint: sshd.host }),
                ];
                const [overTls, overSsh] = states.map((args) => state({ ...args, restoreFrom: { archive: whole } }));
                assert.ok(overTls && overSsh);
                await stack.program(resources({ overTls, overSsh }));
                await stack.up();
                for (const args of states) {
                    assert.deepEqual(await restoredEntriesOf(volumeOf(args.builderName), second.host), stateEntries);
                    const written = await archive(stack, { ...args, to: "back.tar.zst" });
                    assert.ok(written.bytes > 3_000_000);
                }
                await stack.destroy();
            } finally {
                await sshd.remove();
            }
        }),
    );

    it(
        "makes a preview fail if restoreFrom or to is not valid",
        withStack(async (stack) => {
            for (const [restoreFrom, said] of [
                [{ archiv: "a" }, /restoreFrom.archiv.*did you mean archive/s],
                [{ image: "Not An Image" }, /restoreFrom.image.*is not a valid image name/s],
                [{ overwrite: true }, /restoreFrom.*names no location/s],
                [{ archive: "a", volume: "other" }, /restoreFrom.*names several locations/s],
                [7, /restoreFrom.*7 is not a valid path: must be the path of a file/s],
            ] as const) {
                await stack.program(restoring(stack, restoreFrom));
                assert.match(await stack.failing("preview"), said);
            }
            await stack.program(resources({ a: archiveOf({ to: { imag: "x" }, tirggers: [1] }) }));
            const output = await stack.failing("preview");
            assert.match(output, /to.imag.*did you mean image/s);
            assert.match(output, /tirggers.*did you mean triggers/s);
            assert.match(output, /required: a BuildKitState, or its builderName/);
        }),
    );
});
