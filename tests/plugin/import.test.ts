/**
 * Import over the protocol: the read of a builder of which Pulumi knows only the name, and what happens to it then. The
 * import of each option is in `parity/create.test.ts`.
 */
import { strict as assert } from "node:assert";
import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startBuildkitd } from "../support/buildkitd";
import { certify, makeAuthority } from "../support/certificates";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { contextNames, createContext, isolateDockerConfig } from "../support/dockerConfig";
import { second } from "../support/engines";
import { withGoProject, withPythonProject, withYamlProject } from "../support/languages";
import { builderUrn, compare, imported, type Imported } from "../support/imported";
import { Plugin, withPlugin } from "../support/pluginClient";
import type { Project } from "../support/project";
import { must } from "../support/run";
import { withStack } from "../support/stack";
import { containerOf, volumeOf } from "../support/state";

const stateUrn = (plugin: Plugin) => plugin.urn("BuildKitState", "imported");

const create = (plugin: Plugin, name: string, ...options: string[]) =>
    plugin.buildx("create", "--name", name, "--driver", "docker-container", "--bootstrap", ...options);

async function fails(reading: Promise<unknown>): Promise<string> {
    return reading.then(
        () => assert.fail("the import succeeded"),
        (error: Error) => error.message,
    );
}

describe("the import of a builder", () => {
    it(
        "with two nodes on two engines, whose names and options are kept",
        withPlugin(async (plugin) => {
            const { unique } = plugin;
            await create(plugin, unique, "--platform", "linux/amd64", "--driver-opt", "memory=512m");
            const append = ["--append", "--node", `${unique}-two`, "--platform", "linux/arm64,linux/amd64"];
            await create(plugin, unique, ...append, "--driver-opt", "env.TWO=2", second.host);
            const { inputs, properties } = await imported(plugin, unique);
            assert.deepEqual(inputs, {
                name: unique,
                nodes: [
                    { name: `${unique}0`, driverOpts: { memory: "512m" } },
                    {
                        name: `${unique}-two`,
                        endpoint: second.host,
                        driverOpts: { env: { TWO: "2" } },
                        platforms: ["linux/arm64", "linux/amd64"],
                    },
                ],
            });
            await plugin.delete(builderUrn(plugin), unique, properties);
            assert.deepEqual([await leftovers(unique), await leftovers(unique, second.host)], [[], []]);
            assert.deepEqual(await plugin.records(), []);
        }),
    );

    it(
        "with a configuration and its certificates, which keep their paths",
        withPlugin(async (plugin) => {
            const { unique, folder } = plugin;
            const authority = await makeAuthority(folder, "authority");
            const client = await certify(folder, "client", authority);
            const toml = join(folder, "config.toml");
            await writeFile(
                toml,
                `debug = true\n[worker.oci]\n[[worker.oci.gcpolicy]]\nall = true\nkeepBytes = 1000000000\n`,
            );
            await create(plugin, `${unique}-plain`, "--buildkitd-config", toml);
            const plain = await imported(plugin, `${unique}-plain`);
            assert.match(String(plain.inputs.buildkitdToml), /keepBytes = 1000000000/);

            await appendFile(
                toml,
                `[registry."private.example:5000"]\nca = ["${authority.cert}"]\n` +
                    `[[registry."private.example:5000".keypair]]\nkey = "${client.key}"\ncert = "${client.cert}"\n`,
            );
            await create(plugin, unique, "--buildkitd-config", toml);
            const made = await inspectContainer(`buildx_buildkit_${unique}0`);
            const found = await imported(plugin, unique);
            const text = (found.inputs.buildkitdToml as { value: string }).value; // a secret: it contains a key
            assert.equal((found.properties.buildkitdConfig as { value: string }).value, text);
            const key = (await readFile(client.key, "utf8")).trim().split("\n")[1] ?? "";
            assert.ok(text.includes(key));
            assert.ok(!JSON.stringify({ ...found.inputs, buildkitdToml: "" }).includes(key));

            // The paths are kept by updates, too.
            const urn = builderUrn(plugin);
            const change = {
                olds: found.properties,
                oldInputs: found.inputs,
                news: { ...found.inputs, drainTimeout: 5 },
            };
            const properties = await plugin.update(urn, unique, change);
            assert.equal((await inspectContainer(`buildx_buildkit_${unique}0`))?.Id, made?.Id);
            const again = await plugin.read(urn, unique, { properties, inputs: change.news });
            assert.equal((await compare(plugin, urn, { ...again, inputs: change.news })).changes, "none");
        }),
    );

    it(
        "with buildx's default configuration, which the program does not have to name",
        withPlugin(async (plugin) => {
            await mkdir(plugin.store, { recursive: true });
            await writeFile(join(plugin.store, "buildkitd.default.toml"), "[registry.'by.default']\nhttp = true\n");
            await create(plugin, plugin.unique);
            const { inputs } = await imported(plugin, plugin.unique);
            assert.deepEqual(inputs, { name: plugin.unique });
        }),
    );

    it(
        "without a configuration stays as it is if buildx has a default configuration now",
        withPlugin(async (plugin) => {
            const { unique, store } = plugin;
            const urn = builderUrn(plugin);
            await create(plugin, unique);
            const made = await inspectContainer(`buildx_buildkit_${unique}0`);
            await writeFile(join(store, "buildkitd.default.toml"), "[registry.'by.default']\nhttp = true\n");
            const { inputs, properties } = await imported(plugin, unique);
            assert.deepEqual(inputs, { name: unique, buildkitdToml: "" });
            const news = { ...inputs, drainTimeout: 5 };
            const olds = await plugin.update(urn, unique, { olds: properties, oldInputs: inputs, news });
            assert.equal((await inspectContainer(`buildx_buildkit_${unique}0`))?.Id, made?.Id);
            const read = await plugin.read(urn, unique, { properties: olds, inputs: news });
            assert.equal((await compare(plugin, urn, { ...read, inputs: news })).changes, "none");
            // Without the argument, it gets the default configuration.
            const byDefault = await compare(plugin, urn, { ...read, inputs: { name: unique, drainTimeout: 5 } });
            assert.deepEqual(Object.keys(byDefault.detailed), ["buildkitdConfig"]);
        }),
    );

    it(
        "with a node on an engine over TLS, by its docker context",
        withStack(async (stack) => {
            const { unique } = stack;
            await isolateDockerConfig(stack);
            await stack.restart();
            const context = `${unique}-tls`;
            await createContext(stack, context, second.tcp, second.certificates("client"));
            await create(stack, unique, "--driver-opt", "memory=512m", context);
            const { inputs, properties } = await imported(stack, unique);
            assert.deepEqual(inputs, { name: unique, endpoint: context, driverOpts: { memory: "512m" } });
            await stack.delete(builderUrn(stack), unique, properties);
            assert.deepEqual(await leftovers(unique, second.host), []);
            assert.deepEqual(await contextNames(stack), [context]);

            // A resource with `tls` has a context of its own.
            const tls = second.certificates("client").paths;
            const made = await stack.made(stack.urn("BuildxBuilder", "made"), {
                name: unique,
                endpoint: second.tcp,
                tls,
            });
            const found = await imported(stack, unique);
            assert.deepEqual(found.inputs, { name: unique, endpoint: `pulumi-buildx-${unique}0` });
            await stack.delete(stack.urn("BuildxBuilder", "made"), unique, made.properties);
            assert.deepEqual(await leftovers(unique, second.host), []);
        }),
    );

    it(
        "which someone changed on the engine, as it is there",
        withPlugin(async (plugin) => {
            await create(plugin, plugin.unique, "--driver-opt", "memory=512m");
            const container = `buildx_buildkit_${plugin.unique}0`;
            await docker(["update", "--memory", "768m", "--memory-swap", "1536m", container]);
            const found = await plugin.read(builderUrn(plugin), plugin.unique);
            assert.deepEqual(found.inputs.driverOpts, { memory: "768m" });
            const { detailed } = await compare(plugin, builderUrn(plugin), found);
            assert.deepEqual(detailed, { status: { kind: "update", isInput: false } }); // buildx's record has 512m
        }),
    );

    it(
        "that never booted boots at the next update",
        withPlugin(async (plugin) => {
            const { unique } = plugin;
            await plugin.buildx("create", "--name", unique, "--driver-opt", "cpu-shares=512");
            const found = await plugin.read(builderUrn(plugin), unique);
            assert.deepEqual(found.inputs, { name: unique, driverOpts: { cpuShares: 512 } });
            assert.equal(found.properties.status, "inactive");
            const { detailed, replaces } = await compare(plugin, builderUrn(plugin), found);
            assert.deepEqual([detailed, replaces], [{ status: { kind: "update", isInput: false } }, []]);
            const change = { olds: found.properties, oldInputs: found.inputs, news: found.inputs };
            const { status } = await plugin.update(builderUrn(plugin), unique, change);
            assert.equal(status, "running");
        }),
    );

    it(
        "without a record is read from its container",
        withPlugin(async (plugin) => {
            await create(plugin, plugin.unique, "--driver-opt", "memory=512m", "--buildkitd-flags", "--debug");
            await must("rm", [join(plugin.store, "instances", plugin.unique)]);
            const { inputs } = await plugin.read(builderUrn(plugin), plugin.unique);
            const buildkitdFlags = ["--debug", "--allow-insecure-entitlement=network.host"];
            assert.deepEqual(inputs, { name: plugin.unique, driverOpts: { memory: "512m" }, buildkitdFlags });
            assert.ok(plugin.log.some(({ text }) => /has no record of builder/.test(text)));
        }),
    );

    it(
        "is its own afterwards: it updates it in place, finds its drift and removes it",
        withPlugin(async (plugin) => {
            const { unique } = plugin;
            const urn = builderUrn(plugin);
            await create(plugin, unique);
            const container = `buildx_buildkit_${unique}0`;
            const made = await inspectContainer(container);
            const found = await imported(plugin, unique);
            const news = { ...found.inputs, driverOpts: { memory: "512m" } };
            const olds = await plugin.update(urn, unique, { olds: found.properties, oldInputs: found.inputs, news });
            const now = await inspectContainer(container);
            assert.deepEqual([now?.Id, now?.HostConfig.Memory], [made?.Id, 512 * 1024 * 1024]);
            await docker(["stop", container]);
            const { properties } = await plugin.read(urn, unique, { properties: olds, inputs: news });
            assert.equal(properties.status, "stopped");
            await plugin.delete(urn, unique, properties);
            assert.deepEqual([await leftovers(unique), await plugin.records()], [[], []]);
        }),
    );

    it(
        "that another resource made keeps its owner, and its state can be imported beside it",
        withPlugin(async (plugin) => {
            const { unique } = plugin;
            const volume = `buildx_buildkit_${unique}0_state`;
            const other = await Plugin.make({ unique, store: plugin.store }); // another deployment
            await rm(other.folder, { recursive: true });
            const madeState = await other.made(plugin.urn("BuildKitState", "cache"), { builderName: unique });
            const labels = { "com.example": "1" };
            const args = {
                state: madeState.id,
                labels,
                extraHosts: { mirror: "10.0.0.2" },
                driverOpts: { memory: "512m" },
            };
            await other.made(plugin.urn("BuildxBuilder", "builder"), args);
            await other.stop();
            const builder = await imported(plugin, unique);
            assert.deepEqual(builder.inputs, {
                name: unique,
                driverOpts: { memory: "512m" },
                labels,
                extraHosts: args.extraHosts,
            });
            const owner = (of: Imported) => (of.properties.__owner as { urn: string }).urn;
            assert.equal(owner(builder), plugin.urn("BuildxBuilder", "builder"));

            const state = await imported(plugin, volume, stateUrn(plugin));
            assert.deepEqual(state.inputs, { builderName: unique });
            assert.equal(state.properties.adopted, true);
            assert.equal(owner(state), plugin.urn("BuildKitState", "cache"));
            const { detailed, replaces } = await compare(plugin, builderUrn(plugin), builder, { state: state.id });
            assert.deepEqual([detailed, replaces], [{ state: { kind: "add", isInput: true } }, []]);

            await plugin.delete(builderUrn(plugin), unique, builder.properties);
            assert.deepEqual(await leftovers(unique), [volume]);
            await plugin.delete(stateUrn(plugin), volume, state.properties);
            assert.deepEqual(await leftovers(unique), []);
        }),
    );

    it(
        "that uses an imported state of its own keeps the volume, once the program says so",
        withPlugin(async (plugin) => {
            const { unique } = plugin;
            const volume = `buildx_buildkit_${unique}0_state`;
            await create(plugin, unique);
            const made = await inspectContainer(`buildx_buildkit_${unique}0`);
            const [builder, state] = [await imported(plugin, unique), await imported(plugin, volume, stateUrn(plugin))];
            const news = { ...builder.inputs, state: state.id };
            const change = { olds: builder.properties, oldInputs: builder.inputs, news };
            const properties = await plugin.update(builderUrn(plugin), unique, change);
            assert.equal((await inspectContainer(`buildx_buildkit_${unique}0`))?.Id, made?.Id);
            await plugin.delete(builderUrn(plugin), unique, properties);
            await plugin.delete(stateUrn(plugin), volume, state.properties);
            assert.deepEqual(await leftovers(unique), [volume]); // no resource created it
        }),
    );

    it(
        "that does not exist names what was looked for, and where",
        withPlugin(async (plugin) => {
            const { unique } = plugin;
            const read = (type: string, id: string) => fails(plugin.read(plugin.urn(type, "x"), id));
            assert.match(
                await read("BuildxBuilder", unique),
                new RegExp(`builder "${unique}" not found in ${plugin.store}`),
            );
            assert.match(await read("BuildxBuilder", "4 you"), /"4 you" is not a valid builder name/);
            const volume = `buildx_buildkit_${unique}0_state`;
            assert.match(await read("BuildKitState", volume), new RegExp(`volume ${volume} not found on unix:`));
            assert.match(
                await read("BuildKitState", unique),
                /is not a valid state: must be the name of a builder's volume/,
            );
            assert.match(await read("QemuEmulation", "pulumi-buildx-qemu-0123"), /emulation \S+ not found on unix:/);
            assert.match(await read("QemuEmulation", unique), /endpoint "\w+" .* is neither a host URL/);
            assert.match(await read("BuildKitPrune", "x"), /BuildKitPrune "x" cannot be imported: .*Create a new/);
        }),
    );

    it(
        "finds a state with its options on the engine of its builder",
        withPlugin(async (plugin) => {
            const { unique } = plugin;
            const volume = `buildx_buildkit_${unique}-two_state`;
            const options = ["--opt", "type=tmpfs", "--opt", "device=tmpfs", "--label", "com.example=1"];
            await docker(["--host", second.host, "volume", "create", ...options, volume]);
            await plugin.buildx(
                ...["create", "--name", unique, "--driver", "docker-container", "--node", `${unique}-two`, second.host],
            );
            const { inputs } = await imported(plugin, volume, stateUrn(plugin));
            assert.deepEqual(inputs, {
                builderName: unique,
                node: `${unique}-two`,
                endpoint: second.host,
                volumeDriverOpts: { type: "tmpfs", device: "tmpfs" },
                labels: { "com.example": "1" },
            });
        }),
    );
});

describe("pulumi import", () => {
    /** Imports resources, each by its type, its name and its id. Returns the program that Pulumi writes. */
    const importInto = async (project: Project, out: string, all: readonly string[][]): Promise<string> => {
        const resources = all.map(([type, name, id]) => ({ type: `buildx:index:${type}`, name, id }));
        await writeFile(join(project.folder, "import.json"), JSON.stringify({ resources }));
        const path = join(project.folder, out);
        const args = ["import", "--non-interactive", "--yes", "--skip-preview", "--protect=false"];
        await must("pulumi", [...args, "--file", "import.json", "--out", path], {
            cwd: project.folder,
            env: project.env,
        });
        return readFile(path, "utf8");
    };

    /** Imports a builder with a configuration and certificates, its state, and what else is given. */
    const importAll = async (project: Project, out: string, ...more: string[][]): Promise<string> => {
        const { unique } = project;
        const toml = join(project.folder, "config.toml");
        const authority = await makeAuthority(project.folder, "authority");
        const client = await certify(project.folder, "client", authority);
        await writeFile(
            toml,
            `[registry."private.example"]\nca = ["${authority.cert}"]\n` +
                `[[registry."private.example".keypair]]\nkey = "${client.key}"\ncert = "${client.cert}"\n`,
        );
        const options = ["--driver-opt", "memory=512m,env.A=1", "--buildkitd-config", toml];
        await project.buildx(...createBooted, unique, ...options);
        return importInto(project, out, [
            ["BuildxBuilder", "builder", unique],
            ["BuildKitState", "cache", volumeOf(unique)],
            ...more,
        ]);
    };

    const createBooted = ["create", "--driver", "docker-container", "--bootstrap", "--name"];

    it(
        "writes a program in YAML that changes nothing: of a builder, its state, a builder with two nodes and a RemoteBuilder",
        withYamlProject(async (project) => {
            const { unique } = project;
            const two = `${unique}-two-`;
            const first = ["--platform", "linux/amd64", "--driver-opt", "memory=512m"];
            await project.buildx(...createBooted, two, ...first);
            const append = ["--append", "--node", `${two}far`, "--driver-opt", "env.A=1"];
            await project.buildx(...createBooted, two, ...append, second.host);
            const daemon = await startBuildkitd(project, "d", { tls: true });
            const { ca, cert, key } = daemon.files;
            const options = ["--driver-opt", `cacert=${ca},cert=${cert},key=${key}`];
            const far = `${unique}-far`;
            await project.buildx("create", "--name", far, "--driver", "remote", ...options, daemon.tcp);
            const others = [
                ["BuildxBuilder", "two", two],
                ["RemoteBuilder", "far", far],
            ];
            const program = await importAll(project, "imported.yaml", ...others);
            assert.match(program, /nodes:\n +- driverOpts:\n +memory: 512m/);
            await project.program(program);
            await project.refresh("--expect-no-changes");
            await project.preview("--expect-no-changes", "--diff");

            // Without the imported resources, which are removed. A resource that is only read stays.
            const read = `${unique}-read`;
            await project.buildx(...createBooted, read);
            const made = await inspectContainer(containerOf(read));
            await project.program({
                resources: {
                    found: { type: "buildx:BuildxBuilder", get: { id: read } },
                    cache: { type: "buildx:BuildKitState", get: { id: volumeOf(read) } },
                },
                outputs: { status: "${found.status}", builderName: "${cache.builderName}" },
            });
            await project.up();
            assert.deepEqual(await project.outputs(), { status: "running", builderName: read });
            assert.deepEqual(await project.records(), [read]);
            await project.refresh("--expect-no-changes");
            await project.destroy();
            assert.deepEqual(
                (await leftovers(unique)).sort(),
                [containerOf(read), volumeOf(read), `${unique}-d`].sort(),
            );
            assert.deepEqual(await leftovers(unique, second.host), []);
            assert.deepEqual(await project.records(), [read]);
            assert.equal((await inspectContainer(containerOf(read)))?.Id, made?.Id);
        }),
    );

    it(
        "writes a program in Python that changes nothing, and is not needed to read a builder and a state",
        withPythonProject(async (project) => {
            const { unique } = project;
            await project.program("");
            const program = await importAll(project, "imported.py");
            assert.match(program, /buildkitd_toml=pulumi\.Output\.secret\("""/);
            const reads = `
found = buildx.BuildxBuilder.get("found", "${unique}")
found_cache = buildx.BuildKitState.get("found_cache", "${volumeOf(unique)}")
pulumi.export("status", found.status)
pulumi.export("builderName", found_cache.builder_name)
`;
            const main = join(project.folder, "__main__.py");
            await writeFile(main, program);
            await project.preview("--expect-no-changes", "--diff");
            await writeFile(main, program + reads);
            await project.up();
            assert.deepEqual(await project.outputs(), { status: "running", builderName: unique });
        }),
    );

    it(
        "is not needed to read a builder and a state in Go",
        withGoProject(async (project) => {
            const { unique } = project;
            await project.buildx(...createBooted, unique);
            await project.program(`
		found, err := buildx.GetBuildxBuilder(ctx, "found", pulumi.ID(unique), nil)
		if err != nil {
			return err
		}
		cache, err := buildx.GetBuildKitState(ctx, "cache", pulumi.ID("buildx_buildkit_"+unique+"0_state"), nil)
		if err != nil {
			return err
		}
		ctx.Export("status", found.Status)
		ctx.Export("builderName", cache.BuilderName)`);
            await project.up();
            assert.deepEqual(await project.outputs(), { status: "running", builderName: unique });
        }),
    );
});
