/** The life of a builder of the `remote` driver, with a daemon that is not the builder's own. */
import { strict as assert } from "node:assert";
import { chmod, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Buildkitd, type ClientFiles, startBuildkitd } from "../support/buildkitd";
import { inspectContainer } from "../support/docker";
import { createContext, isolateDockerConfig } from "../support/dockerConfig";
import { build, context } from "../support/image";
import { remote, resources } from "../support/program";
import { type Stack, withStack } from "../support/stack";

const outputs = { name: "${far.name}", endpoint: "${far.endpoint}", status: "${far.status}", nodes: "${far.nodes}" };

const program = (args: object) => resources({ far: remote(args) }, { ...outputs, version: "${far.buildkitVersion}" });

async function textsOf(files: ClientFiles): Promise<ClientFiles> {
    const [ca = "", cert = "", key = ""] = await Promise.all(
        [files.ca, files.cert, files.key].map((path) => readFile(path, "utf8")),
    );
    return { ca, cert, key };
}

const certificatesFolder = ({ store }: Stack) => join(store, "pulumi-buildx-certs");

/** Runs an `up`, and asserts what it does to the builder. A preview and a refresh then change nothing. */
async function does(stack: Stack, args: object, step: Stack["steps"][string] | undefined): Promise<void> {
    await stack.program(program(args));
    await stack.preview();
    assert.deepEqual(stack.steps, step === undefined ? {} : { far: step });
    await stack.up();
    assert.deepEqual(stack.steps, step === undefined ? {} : { far: step });
    await stack.refresh("--expect-no-changes");
    await stack.preview("--expect-no-changes");
}

/** The container of a daemon must not be changed. */
const startOf = async ({ container }: Buildkitd) => (await inspectContainer(container))?.State.StartedAt;

describe("a builder of the remote driver", () => {
    it(
        "is created, updated in place and removed with its files, and its daemon is never changed",
        withStack(async (stack) => {
            const { unique: name } = stack;
            const [daemon, plain] = await Promise.all([
                startBuildkitd(stack, "d", { tls: true }),
                startBuildkitd(stack, "p"),
            ]);
            const started = await startOf(daemon);
            const texts = await textsOf(daemon.files);
            const file = join(certificatesFolder(stack), name, `${name}0`, "key.pem");

            await does(stack, { name, endpoint: daemon.tcp, tls: texts, use: true }, "create");
            const { version, ...found } = await stack.outputs<Record<string, unknown>>();
            assert.match(String(version), /^v\d+\.\d+/);
            assert.deepEqual([found.name, found.endpoint, found.status], [name, daemon.tcp, "running"]);
            assert.equal(await readFile(file, "utf8"), texts.key);
            assert.deepEqual(
                await Promise.all([file, join(file, "..")].map(async (path) => (await stat(path)).mode & 0o777)),
                [0o600, 0o700],
            );
            const folder = await context(stack);
            await build(stack, name, folder);
            assert.match(await stack.buildx("ls"), new RegExp(`^${name}\\* `, "m"));

            await does(stack, { name, endpoint: daemon.tcp, tls: daemon.files }, "update");
            await assert.rejects(readdir(certificatesFolder(stack)));
            assert.doesNotMatch(await stack.buildx("ls"), new RegExp(`^${name}\\* `, "m"));
            assert.equal((await build(stack, name, folder)).cached, 3); // the same daemon

            await does(stack, { name, endpoint: plain.tcp, platforms: ["linux/arm64"], defaultLoad: true }, "update");
            assert.match(await stack.buildx("inspect", name), /default-load="true"[\s\S]*linux\/arm64\*/);
            const nodes = [{ endpoint: plain.tcp }, { endpoint: daemon.tcp, tls: texts, platforms: ["linux/amd64"] }];
            await does(stack, { name, nodes }, "update");
            assert.match(await stack.buildx("inspect", name), new RegExp(`${name}1[\\s\\S]*Status: +running`));
            await does(stack, { name: `${name}-2`, nodes }, "replace");
            assert.deepEqual(await stack.records(), [`${name}-2`]);
            assert.deepEqual(await readdir(certificatesFolder(stack)), [`${name}-2`]);

            await daemon.stop();
            await stack.destroy();
            assert.deepEqual([await stack.records(), await stack.state()], [[], []]);
            await assert.rejects(readdir(certificatesFolder(stack)));
            assert.equal(await startOf(daemon), started);
        }),
    );

    it(
        "is restored if its record or its files are missing or differ, also on another machine",
        withStack(async (stack) => {
            const daemon = await startBuildkitd(stack, "d", { tls: true });
            const tls = await textsOf(daemon.files);
            const endpoint = daemon.tcp;
            await stack.program(program({ endpoint, tls }));
            await stack.up();
            const { name } = await stack.outputs<{ name: string }>();
            assert.match(name, /^far-[0-9a-f]{7}$/);
            const record = await stack.record(name);
            const file = join(certificatesFolder(stack), name, `${name}0`, "key.pem");
            const restored = async (break_: () => Promise<unknown>, why: RegExp) => {
                await break_();
                const { output } = await stack.preview();
                assert.deepEqual(stack.steps, { far: "update" }, String(why));
                assert.match(output, why);
                await stack.up();
                assert.deepEqual([await stack.record(name), await readFile(file, "utf8")], [record, tls.key]);
                assert.equal((await stat(file)).mode & 0o777, 0o600);
                await stack.preview("--expect-no-changes");
            };
            await restored(() => stack.buildx("rm", name), /buildx has no record of the builder on this machine/);
            await restored(() => rm(file), /a file of a certificate or key is missing or differs/);
            await restored(() => writeFile(file, "other"), /is missing or differs/);
            await restored(() => chmod(file, 0o644), /is missing or differs/);
            await restored(
                () => stack.buildx("create", "--name", name, "--append", "--node", `${name}0`, "tcp://127.0.0.1:1"),
                /buildx's record of the builder differs/,
            );
            stack.env.BUILDX_CONFIG = join(stack.folder, "other-machine");
            await stack.preview();
            assert.deepEqual(stack.steps, { far: "update" });
            await stack.up();
            await stack.preview("--expect-no-changes");
            await build(stack, name, await context(stack));
        }),
    );

    it(
        "is inactive if its daemon is gone, and shows another version of the daemon without a change",
        withStack(async (stack) => {
            const { unique: name } = stack;
            const daemon = await startBuildkitd(stack, "d");
            const args = { name, endpoint: daemon.tcp, bootTimeout: 1 };
            await does(stack, args, "create");
            const { version } = await stack.outputs<{ version: string }>();
            await daemon.stop();
            const { output } = await stack.refresh();
            assert.match(
                output,
                /node \w+ is shown as inactive: no BuildKit daemon responds at tcp:\S+: connection refused/,
            );
            const [saved] = await stack.state();
            assert.deepEqual([saved?.outputs.status, saved?.outputs.buildkitVersion], ["inactive", version]);
            const failed = await stack.failing("up");
            assert.match(failed, /connection refused\. Start buildkitd there, .* Waited for 1 s \(bootTimeout\)/);
            assert.deepEqual(await stack.records(), [name]);

            await daemon.start();
            await stack.program(program({ ...args, bootTimeout: 60 }));
            await stack.up();
            assert.equal((await stack.outputs<{ status: string }>()).status, "running");
            await stack.preview("--expect-no-changes");

            await daemon.stop();
            const port = Number(new URL(daemon.tcp).port);
            const older = await startBuildkitd(stack, "older", { image: "moby/buildkit:v0.20.2", port });
            const deadline = performance.now() + 20_000;
            for (let status = ""; status !== "running" && performance.now() < deadline;) {
                await stack.refresh();
                const [now] = await stack.state();
                status = String(now?.outputs.status);
                if (status === "running") assert.equal(now?.outputs.buildkitVersion, "v0.20.2");
            }
            await stack.preview("--expect-no-changes");
            assert.ok(older.tcp);
        }),
    );

    it(
        "is waited for while its daemon starts, and a failed creation leaves nothing",
        withStack(async (stack) => {
            const { unique: name } = stack;
            const daemon = await startBuildkitd(stack, "d", { tls: true, isStopped: true });
            const tls = await textsOf(daemon.files);
            const args = { name, endpoint: daemon.tcp, tls, use: true };
            const leavesNothing = async () => {
                assert.deepEqual([await stack.records(), await stack.state()], [[], []]);
                await assert.rejects(readdir(certificatesFolder(stack)));
            };
            await stack.program(program({ ...args, bootTimeout: 1 }));
            assert.match(await stack.failing("up"), /connection refused\..* Waited for 1 s \(bootTimeout\)/);
            await leavesNothing();

            await stack.program(program(args));
            const [{ output }] = await Promise.all([
                stack.up(),
                new Promise((resolve) => setTimeout(resolve, 1500)).then(daemon.start),
            ]);
            assert.match(output, /connection refused\. Retrying for \d+ s \(bootTimeout\)/);
            await stack.destroy();

            const stranger = await textsOf(daemon.stranger);
            const wrong: [object, RegExp][] = [
                [{ tls: stranger }, /the daemon rejects the client certificate \(.*unknown ca\)/],
                [{ tls: { ca: tls.ca } }, /the daemon requires a client certificate/],
                [{ tls: { ...tls, ca: stranger.cert } }, /the daemon's certificate is not trusted/],
                [{ tls: { ...tls, serverName: "other.example" } }, /is for another name .* Set tls\.serverName/],
                [{ tls: undefined, bootTimeout: 1 }, /If it requires TLS, set the argument tls/],
                [{ requirePlatforms: ["linux/s390x"] }, /does not offer linux\/s390x, only linux\/amd64/],
            ];
            for (const [change, message] of wrong) {
                await stack.program(program({ ...args, ...change }));
                const start = performance.now();
                assert.match(await stack.failing("up"), message);
                assert.ok(performance.now() - start < 15_000, String(message)); // not until the bootTimeout of 60 s
                await leavesNothing();
            }
        }),
    );

    it(
        "is refused if its name is taken, and adopts what docker buildx create made",
        withStack(async (stack) => {
            const { unique: name } = stack;
            const [daemon, plain] = await Promise.all([
                startBuildkitd(stack, "d", { tls: true }),
                startBuildkitd(stack, "p"),
            ]);
            const { ca, cert, key } = daemon.files;
            const options = [`cacert=${ca}`, `cert=${cert}`, `key=${key}`].flatMap((each) => ["--driver-opt", each]);
            await stack.buildx("create", "--name", name, "--driver", "remote", ...options, daemon.tcp);
            const record = await stack.record(name);
            const args = { name, endpoint: daemon.tcp, tls: daemon.files };
            await stack.program(program(args));
            assert.match(
                await stack.failing("up"),
                /already exists in buildx's store\. Set adopt: true to take it over/,
            );
            await does(stack, { ...args, adopt: true }, "create");
            assert.deepEqual(await stack.record(name), record);
            await does(stack, { ...args, adopt: true, platforms: ["linux/amd64"] }, "update");
            await stack.destroy();
            assert.deepEqual(await stack.records(), []);

            await stack.buildx("create", "--name", name, "--driver", "docker-container");
            await stack.program(program({ ...args, adopt: true }));
            assert.match(await stack.failing("up"), /with the driver docker-container instead of remote/);
            await stack.buildx("rm", name);

            await isolateDockerConfig(stack);
            await createContext(stack, name, "unix:///var/run/docker.sock");
            assert.match(await stack.failing("up"), /docker has a context of that name/);

            // Two builders of one program cannot have one name.
            const one = { name: `${name}-one`, endpoint: plain.tcp };
            await stack.program(resources({ a: remote(one), b: remote(one) }));
            assert.match(await stack.failing("preview"), /is already the name of RemoteBuilder "a"/);
        }),
    );

    it(
        "continues its creation if it was interrupted before Pulumi saved it",
        withStack(async (stack) => {
            const { unique: name } = stack;
            const daemon = await startBuildkitd(stack, "d", { tls: true });
            const tls = await textsOf(daemon.files);
            for (const args of [
                { name, endpoint: daemon.tcp, tls },
                { endpoint: daemon.tcp, tls },
            ]) {
                await stack.program(program(args));
                await stack.up();
                const before = await stack.records();
                stack.forget("far");
                await stack.up();
                assert.deepEqual(await stack.records(), before);
                await stack.preview("--expect-no-changes");
                await stack.destroy();
                assert.deepEqual(await stack.records(), []);
            }
            // Once Pulumi has saved the builder, a builder of that name in another program is not the same.
            await stack.program(program({ name, endpoint: daemon.tcp, tls }));
            await stack.up();
            await stack.preview("--expect-no-changes");
            stack.forget("far");
            assert.match(await stack.failing("up"), /already exists in buildx's store/);
        }),
    );

    it(
        "hides the text of keys in all messages of the plugin",
        withStack(async (stack) => {
            const { unique: name } = stack;
            const daemon = await startBuildkitd(stack, "d", { tls: true });
            const tls = await textsOf(daemon.files);
            const before = stack.log.length;
            const said: string[] = [];
            const run = async (command: string, args: object) => {
                await stack.program(program({ name, endpoint: daemon.tcp, ...args }));
                said.push((await stack.try(command)).output);
            };
            await run("up", { tls });
            await run("up", { nodes: [{ endpoint: daemon.tcp, tls }], endpoint: undefined });
            await run("preview", { tls: { ...tls, key: tls.key.replace(/.$/m, "!") } });
            await run("up", { tls: { ...tls, cert: tls.ca } });
            await run("refresh", { tls });
            await run("destroy", { tls });
            const [, line = ""] = tls.key.split("\n");
            assert.match(said.join("\n"), /does not belong to tls\.cert/);
            const logged = stack.log.slice(before).map(({ text }) => text);
            for (const text of [...said, ...logged]) assert.ok(!text.includes(line.slice(0, 30)), text);
        }),
    );

    it(
        "is created on a machine with a default configuration of buildkitd, where docker buildx create fails",
        withStack(async (stack) => {
            const { unique: name } = stack;
            const daemon = await startBuildkitd(stack, "d");
            await does(stack, { name, endpoint: daemon.tcp }, "create");
            await stack.destroy();
            await writeFile(join(stack.store, "buildkitd.default.toml"), "debug = true\n");
            const create = stack.buildx("create", "--name", `${name}-x`, "--driver", "remote", daemon.tcp);
            await assert.rejects(create, /setting config file is not supported for remote driver/);
            await does(stack, { name, endpoint: daemon.tcp }, "create");
            await build(stack, name, await context(stack));
        }),
    );
});
