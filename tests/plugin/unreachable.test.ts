/** The setting `deleteUnreachable` as Pulumi passes it to the plugin. */
import { strict as assert } from "node:assert";
import { inspectContainer } from "../support/docker";
import { withYamlProject } from "../support/languages";
import { startProxy } from "../support/proxy";
import { containerOf, volumeOf } from "../support/state";

describe("a builder of the plugin whose engine is unreachable", () => {
    it(
        "is removed once the stack's configuration has deleteUnreachable, unless its provider resource has other settings",
        withYamlProject(async (project) => {
            const { unique } = project;
            const proxy = await startProxy(project.folder);
            const on = (name: string, options: object = {}) => ({
                type: "buildx:BuildxBuilder",
                properties: { name, endpoint: proxy.host },
                options,
            });
            await project.program({
                resources: {
                    strict: { type: "pulumi:providers:buildx", properties: { deleteUnreachable: false } },
                    kept: on(`${unique}-kept`, { provider: "${strict}" }),
                    builder: on(unique),
                },
            });
            await project.up();
            await proxy.stop();

            await project.config("buildx:deleteUnreachable", "true"); // without another up
            const output = await project.failing("destroy", "--continue-on-error");
            const container = containerOf(unique);
            assert.match(output, new RegExp(`container ${container} and volume ${volumeOf(unique)} may be left there`));
            assert.match(output, /no Docker engine responds[\s\S]*pulumi config set buildx:deleteUnreachable true/);
            const ids = (await project.state())
                .filter(({ type }) => type.endsWith(":BuildxBuilder"))
                .map(({ id }) => id);
            assert.deepEqual([await project.records(), ids], [[`${unique}-kept`], [`${unique}-kept`]]);
            assert.ok(await inspectContainer(container));
        }),
    );
});
