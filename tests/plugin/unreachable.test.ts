/** The setting `deleteUnreachable` as Pulumi passes it to the plugin. */
import { strict as assert } from "node:assert";
import { inspectContainer } from "../support/docker";
import { withYamlProject, type YamlProject } from "../support/languages";
import { startProxy } from "../support/proxy";

/** Creates a builder on an engine that becomes unreachable. */
async function upOnLostEngine(project: YamlProject, options: object = {}, others: object = {}): Promise<void> {
    const proxy = await startProxy(project.folder);
    const properties = { name: project.unique, endpoint: proxy.host };
    await project.program({
        resources: { ...others, builder: { type: "buildx:BuildxBuilder", properties, options } },
    });
    await project.up();
    await proxy.stop();
}

describe("a builder of the plugin whose engine is unreachable", () => {
    it(
        "is removed once the stack's configuration has deleteUnreachable, without another up",
        withYamlProject(async (project) => {
            await upOnLostEngine(project);
            assert.match(await project.failing("destroy"), /pulumi config set buildx:deleteUnreachable true/);
            assert.deepEqual(await project.records(), [project.unique]);

            await project.config("buildx:deleteUnreachable", "true");
            const { output } = await project.destroy();
            const container = `buildx_buildkit_${project.unique}0`;
            assert.match(output, new RegExp(`container ${container} and volume ${container}_state may be left there`));
            assert.deepEqual([await project.records(), await project.state()], [[], []]);
            assert.ok(await inspectContainer(container));
        }),
    );

    it(
        "stays if its provider resource has other settings than the configuration",
        withYamlProject(async (project) => {
            const provider = { type: "pulumi:providers:buildx", properties: { deleteUnreachable: false } };
            await upOnLostEngine(project, { provider: "${strict}" }, { strict: provider });
            await project.config("buildx:deleteUnreachable", "true");
            assert.match(await project.failing("destroy"), /no Docker engine responds/);
            assert.deepEqual(await project.records(), [project.unique]);
        }),
    );
});
