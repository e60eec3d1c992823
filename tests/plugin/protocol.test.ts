import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { silentImage } from "../support/image";
import { packageVersion } from "../support/languages";
import { type Plugin, PluginError, secret, unknown, withPlugin } from "../support/pluginClient";

/** Returns the error of a call that must fail. */
async function errorOf(call: Promise<unknown>): Promise<PluginError> {
    const error = await call.then(
        () => assert.fail("the call succeeded"),
        (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof PluginError, String(error));
    return error;
}

const builderUrn = (plugin: Plugin) => plugin.urn("BuildxBuilder", "builder");

describe("the plugin", () => {
    it(
        "answers with its version, its schema and what it supports",
        withPlugin(async (plugin) => {
            assert.equal(await plugin.version(), await packageVersion());
            const schema = await plugin.schema();
            assert.equal(schema.name, "buildx");
            assert.equal(schema.version, await packageVersion());
            for (const type of ["BuildxBuilder", "BuildKitState"])
                assert.ok(`buildx:index:${type}` in schema.resources, Object.keys(schema.resources).join());
            const { supportspreview, acceptsecrets, acceptresources } = await plugin.configure({});
            assert.deepEqual([supportspreview, acceptsecrets, acceptresources], [true, false, true]);
        }),
    );

    it(
        "names the settings that it has, if one is unknown",
        withPlugin(async (plugin) => {
            assert.deepEqual((await plugin.checkConfig({ deleteUnreachable: "true" })).failures, []);
            const { failures } = await plugin.checkConfig({ endpoint: "unix:///x.sock" });
            assert.deepEqual(
                failures.map(({ property }) => property),
                ["endpoint"],
            );
            assert.match(failures[0]?.reason ?? "", /deleteUnreachable/);
        }),
    );

    it(
        "names the resources that it has, if the type is unknown",
        withPlugin(async (plugin) => {
            for (const type of ["NoSuchThing", "toString"]) {
                const { message } = await errorOf(plugin.check(plugin.urn(type, "x"), {}));
                assert.match(message, new RegExp(`buildx:index:${type}\\b.*BuildxBuilder`), message);
            }
        }),
    );

    it(
        "answers the preview of a creation with nothing, and creates nothing",
        withPlugin(async (plugin) => {
            const { inputs, failures } = await plugin.check(builderUrn(plugin), {
                name: plugin.unique,
                driverOpts: { env: { A: unknown } },
                labels: unknown,
            });
            assert.deepEqual(failures, []);
            assert.deepEqual(inputs.driverOpts, { env: { A: unknown } });
            assert.equal(inputs.labels, unknown);
            const { id, properties } = await plugin.create(builderUrn(plugin), inputs, { isPreview: true });
            assert.deepEqual([id, properties], ["", {}]);
            assert.deepEqual(await leftovers(plugin.unique), []);
        }),
    );

    it(
        "names the property of an argument that is not valid, also in a secret",
        withPlugin(async (plugin) => {
            const { failures } = await plugin.check(builderUrn(plugin), {
                name: plugin.unique,
                driverOpts: secret({ memory: "lots" }),
            });
            assert.deepEqual(
                failures.map(({ property }) => property),
                ["driverOpts.memory"],
            );
        }),
    );

    it(
        "creates, compares, previews, updates, reads and deletes a builder",
        withPlugin(async (plugin) => {
            const urn = builderUrn(plugin);
            const args = { name: plugin.unique, driverOpts: { memory: "512m", env: { TOKEN: secret("hidden") } } };
            const { id, inputs, properties } = await plugin.made(urn, args);
            const container = await inspectContainer(`buildx_buildkit_${plugin.unique}0`);
            assert.equal(id, plugin.unique);
            assert.equal(properties.name, plugin.unique);
            assert.equal(properties.status, "running");
            assert.ok(container?.Config.Env.includes("TOKEN=hidden"), String(container?.Config.Env));
            const statusTexts = plugin.log.filter(({ isStatus, urn: of }) => isStatus && of === urn);
            assert.ok(
                statusTexts.some(({ text }) => /waiting for BuildKit/.test(text)),
                JSON.stringify(plugin.log),
            );
            assert.equal(statusTexts.at(-1)?.text, "");

            const compare = async (news: Record<string, unknown>) =>
                plugin.diff(urn, id, { olds: properties, oldInputs: inputs, news });
            const same = await compare(inputs);
            assert.deepEqual([same.changes, same.detailed, same.replaces], ["none", {}, []]);

            const replaced = await compare({ ...inputs, name: `${plugin.unique}-b` });
            assert.equal(replaced.changes, "some");
            assert.deepEqual(replaced.replaces, ["name"]);
            assert.deepEqual(replaced.detailed.name, { kind: "update_replace", isInput: true });

            const news = { ...inputs, driverOpts: { memory: "768m", env: { TOKEN: secret("hidden") } } };
            const changed = await compare(news);
            assert.equal(changed.changes, "some");
            assert.deepEqual(changed.replaces, []);
            assert.deepEqual(changed.detailed["driverOpts.memory"], { kind: "update", isInput: true });
            const change = { olds: properties, oldInputs: inputs, news };
            const planned = await plugin.update(urn, id, change, { isPreview: true });
            assert.equal(planned.name, plugin.unique);
            assert.equal((await inspectContainer(container?.Id ?? ""))?.HostConfig.Memory, 512 * 1024 * 1024);
            const updated = await plugin.update(urn, id, change);
            assert.equal((await inspectContainer(container?.Id ?? ""))?.HostConfig.Memory, 768 * 1024 * 1024);

            const read = await plugin.read(urn, id, { properties: updated, inputs: news });
            assert.equal(read.id, id);
            assert.equal(read.properties.status, "running");
            await plugin.delete(urn, id, read.properties);
            assert.deepEqual(await leftovers(plugin.unique), []);
            assert.equal((await plugin.read(urn, id, { properties: updated, inputs: news })).id, "");
        }),
    );

    it(
        "keeps no connection to the engine for each builder that it created",
        withPlugin(async (plugin) => {
            const urns = [0, 1, 2].map((index) => plugin.urn("BuildxBuilder", `builder${index}`));
            const counts: number[] = [];
            for (const [index, urn] of urns.entries()) {
                await plugin.made(urn, { name: `${plugin.unique}-${index}` });
                counts.push(await plugin.connections());
            }
            assert.ok((counts[2] ?? 0) <= (counts[0] ?? 0), counts.join());
        }),
    );

    it(
        "shows drift at what differs, and not as a change of the arguments",
        withPlugin(async (plugin) => {
            const urn = builderUrn(plugin);
            const { id, inputs, properties } = await plugin.made(urn, { name: plugin.unique });
            await docker(["stop", `buildx_buildkit_${plugin.unique}0`]);
            const { properties: olds } = await plugin.read(urn, id, { properties, inputs });
            assert.equal(olds.status, "stopped");
            const { changes, detailed } = await plugin.diff(urn, id, { olds, oldInputs: inputs, news: inputs });
            assert.equal(changes, "some");
            assert.deepEqual(detailed, { status: { kind: "update", isInput: false } });
        }),
    );

    it(
        "sends the resource with the error of an update that fails partway",
        withPlugin(async (plugin) => {
            const urn = builderUrn(plugin);
            const { id, inputs, properties } = await plugin.made(urn, { name: plugin.unique });
            const news = { ...inputs, buildkitdFlags: ["--no-such-flag"] };
            const error = await errorOf(plugin.update(urn, id, { olds: properties, oldInputs: inputs, news }));
            assert.match(error.message, /no-such-flag/);
            assert.equal(error.resource?.id, id);
            assert.equal(error.resource?.properties.name, plugin.unique);
            assert.deepEqual(error.resource?.inputs.buildkitdFlags, ["--no-such-flag"]);
            assert.match(error.resource?.reasons.join("\n") ?? "", /no-such-flag/);
        }),
    );

    it(
        "ends a wait if Pulumi is cancelled, and removes what it created",
        withPlugin(async (plugin) => {
            const image = await silentImage(plugin);
            try {
                const urn = builderUrn(plugin);
                const creating = plugin.made(urn, { name: plugin.unique, bootTimeout: 60, driverOpts: { image } });
                const failed = errorOf(creating);
                const isWaiting = () => plugin.log.some(({ text }) => text.startsWith("waiting for BuildKit"));
                for (let tries = 0; !isWaiting() && tries < 300; tries++) await sleep(100);
                assert.ok(isWaiting(), JSON.stringify(plugin.log));
                const start = Date.now();
                await plugin.cancel();
                const { message } = await failed;
                assert.match(message, /stopped because Pulumi was cancelled/);
                assert.ok(Date.now() - start < 5_000, `it took ${Date.now() - start} ms`);
                assert.deepEqual(await leftovers(plugin.unique), []);
                assert.match((await errorOf(plugin.read(urn, "x"))).message, /Pulumi was cancelled/);
            } finally {
                await docker(["image", "rm", "--force", image]);
            }
        }),
    );
});
