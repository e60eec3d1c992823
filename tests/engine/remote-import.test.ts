/** Builders of the `remote` driver that another stack or a person created: import, `get` and `getBuilder`. */
import { strict as assert } from "node:assert";
import { chmod, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { startBuildkitd } from "../support/buildkitd";
import { cli, doctor, find, fix, status } from "../support/cli";
import { type Plugin, withPlugin } from "../support/pluginClient";
import { remote, resources } from "../support/program";
import { withProject } from "../support/project";
import { withStack } from "../support/stack";

const create = (plugin: Plugin, name: string, ...options: string[]) =>
    plugin.buildx("create", "--name", name, "--driver", "remote", ...options);

/** Imports a builder, and checks that a program with the imported arguments changes nothing. */
async function imported(plugin: Plugin, name: string) {
    const urn = plugin.urn("RemoteBuilder", "imported");
    const found = await plugin.read(urn, name);
    const { id, inputs, properties: olds } = found;
    const { inputs: news, failures } = await plugin.check(urn, inputs, inputs);
    assert.deepEqual(failures, []);
    const { changes, detailed } = await plugin.diff(urn, id, { olds, oldInputs: inputs, news });
    assert.deepEqual([changes, detailed], ["none", {}], JSON.stringify(inputs));
    return found;
}

describe("the import of a builder of the remote driver", () => {
    it(
        "gives all arguments of docker buildx create, with one node and with several",
        withPlugin(async (plugin) => {
            const { unique } = plugin;
            const [daemon, plain] = await Promise.all([
                startBuildkitd(plugin, "d", { tls: true }),
                startBuildkitd(plugin, "p"),
            ]);
            const { ca, cert, key } = daemon.files;
            const options = `cacert=${ca},cert=${cert},key=${key},servername=127.0.0.1,default-load=true`;
            await create(plugin, unique, "--driver-opt", options, "--platform", "linux/amd64", daemon.tcp);
            const one = await imported(plugin, unique.toUpperCase());
            const tls = { ca, cert, key, serverName: "127.0.0.1" };
            const args = { endpoint: daemon.tcp, tls, platforms: ["linux/amd64"] };
            assert.deepEqual(one.inputs, { name: unique, ...args, defaultLoad: true });
            assert.equal(one.properties.status, "running");

            const load = ["--driver-opt", "default-load=true"];
            await create(plugin, unique, "--append", "--node", "two", ...load, plain.tcp);
            const { inputs, properties } = await imported(plugin, unique);
            const nodes = [
                { name: `${unique}0`, ...args },
                { name: "two", endpoint: plain.tcp },
            ];
            assert.deepEqual(inputs, { name: unique, nodes, defaultLoad: true });
            await plugin.delete(plugin.urn("RemoteBuilder", "imported"), unique, properties);
            assert.deepEqual(await plugin.records(), []);
        }),
    );

    it(
        "and the read of builders of other drivers say which resource to use",
        withPlugin(async (plugin) => {
            const { unique } = plugin;
            const daemon = await startBuildkitd(plugin, "d");
            await create(plugin, `${unique}-r`, daemon.tcp);
            await plugin.buildx("create", "--name", `${unique}-c`, "--driver", "docker-container");
            const read = (type: string, name: string) =>
                plugin.read(plugin.urn(type, "x"), name).then(
                    () => assert.fail("it was read"),
                    ({ message }: Error) => message,
                );
            assert.match(
                await read("RemoteBuilder", `${unique}-c`),
                /cannot be read as a RemoteBuilder: its driver is docker-container instead of remote\. Use a BuildxBuilder/,
            );
            assert.match(
                await read("BuildxBuilder", `${unique}-r`),
                /its driver is remote.*Use instead: RemoteBuilder/,
            );
            assert.match(await read("RemoteBuilder", "none"), /builder "none" not found in/);
            assert.match(await read("RemoteBuilder", "default"), /its driver is docker,/);
        }),
    );
});

describe("a builder of the remote driver that another stack created", () => {
    it(
        "is read by get, getBuilder, status and doctor",
        withStack(async (stack) => {
            const { unique: name } = stack;
            const daemon = await startBuildkitd(stack, "d");
            await stack.program(resources({ far: remote({ name, endpoint: daemon.tcp }) }));
            await stack.up();
            const { properties } = await stack.read(stack.urn("RemoteBuilder", "other"), name, { properties: {} });
            assert.deepEqual([properties.name, properties.status], [name, "running"]);
            const { result } = await stack.invoke("buildx:index:getBuilder", { name });
            assert.deepEqual(
                [result.endpoint, result.status, result.containerName, result.dockerEndpoint],
                [daemon.tcp, "running", "", ""],
            );
            const [shown, examined] = await Promise.all([cli(stack, "status"), cli(stack, "doctor", name)]);
            assert.match(shown.stdout, new RegExp(`^${name} +running `, "m"));
            assert.deepEqual([shown.code, examined.code], [0, 0]);

            await daemon.stop();
            const silent = await find(stack, "daemon-silent");
            assert.match(silent.found, /no BuildKit daemon responds at tcp:\S+: connection refused/);
            const [stopped] = (await status(stack, name)).builders;
            assert.deepEqual([stopped?.status, stopped?.driver], ["unreachable", "remote"]);
            const before = stack.log.length;
            const gone = await stack.invoke("buildx:index:getBuilder", { name });
            assert.equal(gone.result.status, "inactive");
            const [warning] = stack.log.slice(before).filter(({ severity }) => severity === "warning");
            assert.match(warning?.text ?? "", /no BuildKit daemon responds at tcp:\S+: connection refused/);
        }),
    );

    it(
        "has certificates that doctor examines",
        withStack(async (stack) => {
            const { unique: name } = stack;
            const daemon = await startBuildkitd(stack, "d", { tls: true });
            const texts = await Promise.all(
                (["ca", "cert", "key"] as const).map(async (part) => [
                    part,
                    await readFile(daemon.files[part], "utf8"),
                ]),
            );
            const tls = Object.fromEntries(texts) as object;
            await stack.program(resources({ far: remote({ name, endpoint: daemon.tcp, tls }) }));
            await stack.up();
            assert.deepEqual(await doctor(stack, name), []);
            const folder = join(stack.store, "pulumi-buildx-certs", name, `${name}0`);
            await chmod(join(folder, "key.pem"), 0o644);
            await fix(stack, await find(stack, "key-public"));
            await rm(join(folder, "ca.pem"));
            assert.match(
                (await find(stack, "certificate-unreadable")).found,
                /ca\.pem of builder "\S+" does not exist/,
            );
            await stack.up();
            assert.deepEqual(await doctor(stack, name), []);
        }),
    );
});

describe("a program in TypeScript with a builder of the remote driver", () => {
    it(
        "creates, changes, refreshes and removes it with the dynamic provider, and hides the key",
        withProject(async (project) => {
            const daemon = await startBuildkitd(project, "d", { tls: true });
            const pem = await readFile(daemon.files.key, "utf8");
            const program = (more: string) =>
                project.program(`
                    const { readFileSync } = require("node:fs");
                    const files = ${JSON.stringify(daemon.files)};
                    const text = (path) => readFileSync(path, "utf8");
                    const tls = { ca: text(files.ca), cert: files.cert, key: text(files.key) };
                    const far = new buildx.RemoteBuilder("far", { name: unique, ${more} });
                    exports.all = { name: far.name, endpoint: far.endpoint, status: far.status, nodes: far.nodes };
                    exports.args = far.imageArgs(["linux/amd64"]);`);
            const endpoint = JSON.stringify(daemon.tcp);
            const lines = [pem.split("\n")[1] ?? "", pem.split("\n")[2] ?? ""];
            const assertHidden = (text: string) => {
                for (const line of lines) assert.ok(!text.includes(line), text);
            };
            await program(`endpoint: ${endpoint}, tls`);
            assertHidden((await project.preview("--diff")).output);
            assertHidden((await project.up()).output);
            const { all, args } = await project.outputs<Record<string, Record<string, unknown>>>();
            assert.deepEqual([all?.name, all?.endpoint, all?.status], [project.unique, daemon.tcp, "running"]);
            assert.deepEqual(args, { builder: { name: project.unique }, platforms: ["linux/amd64"] });
            await program(`nodes: [{ endpoint: ${endpoint}, tls, platforms: ["linux/amd64"] }]`);
            assertHidden((await project.up("--diff")).output);
            assertHidden(JSON.stringify(await project.state()));
            await project.refresh("--expect-no-changes");
            await project.preview("--expect-no-changes");
            await project.destroy();
            assert.deepEqual(await project.records(), []);
        }),
    );
});
