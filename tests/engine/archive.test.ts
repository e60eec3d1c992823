import { strict as assert } from "node:assert";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { docker, leftovers } from "../support/docker";
import { second } from "../support/engines";
import { build, longBuild } from "../support/image";
import { archive as archiveOf, builder, prune, resources, state, type YamlResource } from "../support/program";
import { type Fate, startProxy } from "../support/proxy";
import { must } from "../support/run";
import { Stack, withStack } from "../support/stack";
import {
    archive,
    archiveFails,
    containerOf,
    entriesOf,
    hold,
    isRunning,
    layered,
    layers,
    listing,
    onVolume,
    volumeOf,
} from "../support/state";

/** Returns a state and a builder that uses the state. */
const pair = ({ unique }: Stack) => ({
    cache: state({ builderName: unique }),
    b: builder({ state: "${cache}" }),
});

describe("an archive of a state", () => {
    it(
        "brings every layer to a builder of another name on another engine, after the first builder is removed",
        withStack(async (stack) => {
            const path = join(stack.folder, "ci.tar.zst");
            await stack.program(resources(pair(stack)));
            await stack.up();
            const folder = await layered(stack);
            assert.equal((await build(stack, stack.unique, folder)).cached, 0);

            const a = archiveOf({ state: "${cache}", to: { archive: path }, triggers: [1] });
            await stack.program(resources({ ...pair(stack), a }));
            await stack.up();
            assert.deepEqual(stack.steps, { a: "create" });
            await stack.preview("--expect-no-changes");
            const written = (await stack.state()).find(({ type }) => type.endsWith("Archive"))?.outputs;
            assert.match(String(written?.sha256), /^[0-9a-f]{64}$/);
            assert.equal(written?.location, path);
            assert.match(String(written.buildkitVersion), /^v\d/);
            assert.equal((await stat(path)).size, written.size);
            assert.equal((await stat(path)).mode & 0o777, 0o600);
            assert.ok(Number(written.stoppedFor) > 0);
            const tar = await must("sh", ["-c", `zstd -dc ${path} | sha256sum`]);
            assert.equal(tar.split(" ")[0], written.sha256);
            await stack.destroy();
            assert.deepEqual(await leftovers(stack.unique), []);

            const other = await Stack.make({ store: join(stack.folder, "other-store") });
            try {
                const cache = state({
                    builderName: other.unique,
                    endpoint: second.host,
                    restoreFrom: { archive: path },
                });
                await other.program(resources({ ...pair(other), cache }));
                await other.preview();
                await other.up();
                assert.equal((await build(other, other.unique, folder)).cached, layers);
                await other.preview("--expect-no-changes");
            } finally {
                await other.remove();
            }
        }),
    );

    it(
        "has whiteouts, opaque folders, links, owners, modes, times, attributes and holes unchanged",
        withStack(async (stack) => {
            await stack.program(resources(pair(stack)));
            await stack.up();
            await build(stack, stack.unique, await layered(stack));
            const volume = volumeOf(stack.unique);
            await docker(["stop", containerOf(stack.unique)]); // or it would continue to write
            const sparse = "head -c 1 /dev/urandom >/state/sparse && truncate --size=1G /state/sparse";
            const linked =
                "cp /bin/cat /state/one && chown 1234:70000 /state/one && chmod 6755 /state/one && ln /state/one /state/two";
            await onVolume(volume, `${sparse} && ${linked}`);
            await archive(stack, { builderName: stack.unique, to: "ci.tar.zst" });
            const before = await listing(volume);
            assert.ok(before.some((line) => line.startsWith("c") && line.includes(" 0,0 ")));
            assert.ok(before.some((line) => line.includes("trusted.overlay.opaque")));
            const nameOf = (kind: string) => `${stack.unique}-${kind}`;
            const fromArchive = { builderName: nameOf("archive"), restoreFrom: { archive: "ci.tar.zst" } };
            const fromVolume = { builderName: nameOf("volume"), restoreFrom: { volume } };
            await stack.program(resources({ ...pair(stack), archive: state(fromArchive), volume: state(fromVolume) }));
            await stack.up();
            assert.deepEqual(stack.steps, { archive: "create", volume: "create" });
            await Promise.all(
                ["archive", "volume"].map(nameOf).map(async (name) => {
                    const usage = onVolume(volumeOf(name), "du --block-size=1M /state/sparse");
                    assert.deepEqual(await listing(volumeOf(name)), before);
                    assert.ok(Number.parseInt(await usage, 10) < 2);
                }),
            );
        }),
    );

    it(
        "is written when its triggers change or a refresh finds that it is gone, and stays when the program removes it",
        withStack(async (stack) => {
            const { unique } = stack;
            const path = join(stack.folder, "a.tar.zst");
            const user = `${unique}-user`;
            const restored = `${unique}-restored`;
            const program = (trigger: number, others: Record<string, YamlResource> = {}) => {
                const cache = state({ builderName: unique });
                const a = archiveOf({ state: "${cache}", to: { archive: "a.tar.zst" }, triggers: [trigger] });
                return stack.program(resources({ cache, a, ...others }, { createdAt: "${a.createdAt}" }));
            };
            const createdAt = async () => (await stack.outputs<{ createdAt: string }>()).createdAt;
            await hold(user, volumeOf(unique));
            await program(1);
            assert.match(await stack.failing("up"), new RegExp(`in use by container ${user}`));
            await docker(["rm", "--force", "--volumes", user]);
            await stack.up();
            const first = await createdAt();
            const restoreFrom = { archive: "${a.location}" };
            await program(2, { restored: state({ builderName: restored, restoreFrom }) });
            await stack.up();
            assert.deepEqual(stack.steps, { a: "update", restored: "create" });
            const changed = await createdAt();
            assert.notEqual(changed, first);
            assert.deepEqual(await entriesOf(volumeOf(restored)), [".restored"]);
            await stack.up("--refresh", "--expect-no-changes");
            await must("rm", [path]);
            await stack.up("--refresh");
            assert.notEqual(await createdAt(), changed);
            await stack.destroy();
            assert.ok((await stat(path)).size > 0);
        }),
    );

    it(
        "takes turns with the other resources of the program that work on the state",
        withStack(async (stack) => {
            const container = containerOf(stack.unique);
            const program = (count: number) => {
                const triggers = [count];
                return resources({
                    cache: state({ builderName: stack.unique }),
                    b: builder({ state: "${cache}", driverOpts: { env: { COUNT: String(count) } } }),
                    a: archiveOf({ state: "${cache}", to: { archive: "a.tar.zst" }, triggers }),
                    p: prune({ builderName: stack.unique, triggers }, { dependsOn: ["${b}"] }),
                });
            };
            const proxy = await startProxy(stack.folder);
            stack.env.DOCKER_HOST = proxy.host;
            const call = (what: string) => `POST /containers/${container}/${what}`;
            for (const count of [1, 2]) {
                // A BuildKit that was started gets a request only after an archive that does not wait has stopped it again.
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
                await stack.program(program(count));
                const { output } = await stack.up();
                assert.match(output, /waiting for another resource that works on/);
                await stack.preview("--expect-no-changes");
            }
            await stack.destroy();
            await proxy.stop();
        }),
    );

    it(
        "waits for running builds, starts a running builder again, and keeps a stopped builder stopped",
        withStack(async (stack) => {
            const container = containerOf(stack.unique);
            await stack.program(resources(pair(stack)));
            await stack.up();
            const { ended } = await longBuild(stack, 5);
            const { stoppedFor } = await archive(stack, { builderName: stack.unique, to: "a.tar.zst" });
            assert.match(await ended, /finished/);
            assert.ok(stoppedFor > 0 && stoppedFor < 60);
            assert.equal(await isRunning(container), true);

            await docker(["stop", container]);
            const again = await archive(stack, { builderName: stack.unique, to: { archive: "a.tar.zst" } });
            assert.equal(again.stoppedFor, 0);
            assert.match(again.buildkitVersion, /^v\d/);
            assert.equal(await isRunning(container), false);
            assert.deepEqual(await leftovers(`${volumeOf(stack.unique)}_copy`), []);
        }),
    );

    it(
        "fails if the state does not exist or another container uses it",
        withStack(async (stack) => {
            const to = "a.tar.zst";
            const none = await archiveFails(stack, { builderName: stack.unique, to });
            assert.match(none, /volume .* not found on unix:.*docker volume ls/);
            const user = `${stack.unique}-user`;
            await hold(user, volumeOf(stack.unique));
            const used = await archiveFails(stack, { builderName: stack.unique, to });
            assert.match(used, new RegExp(`in use by container ${user}.*docker stop ${user}`));
            assert.deepEqual(
                (await readdir(stack.folder)).filter((name) => name.startsWith(to)),
                [],
            );
        }),
    );
});
