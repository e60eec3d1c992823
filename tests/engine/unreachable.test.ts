import { strict as assert } from "node:assert";
import { inspectContainer } from "../support/docker";
import { withProject } from "../support/project";
import { startProxy } from "../support/proxy";

describe("a host that is gone", () => {
    it(
        "makes refresh and destroy fail naming it, until one lets go of what is there",
        withProject(async (project) => {
            const proxy = await startProxy(project.folder);
            project.env.DOCKER_HOST = proxy.host;
            await project.program(`
                const state = new buildx.BuildKitState("cache", { builderName: unique });
                new buildx.BuildxBuilder("b", { state });`);
            await project.up();
            await proxy.stop();

            const named = new RegExp(`no Docker engine responds at ${proxy.host} \\(from DOCKER_HOST\\)`);
            assert.match(await project.failing("refresh"), named);
            const output = await project.failing("destroy");
            assert.match(output, named);
            assert.match(output, /pulumi config set buildx:deleteUnreachable true/);
            assert.deepEqual(await project.records(), [project.unique]);

            await project.config("buildx:deleteUnreachable", "true");
            const left = await project.destroy();
            const container = `buildx_buildkit_${project.unique}0`;
            assert.match(
                left.output,
                new RegExp(`container ${container} and volume ${container}_state may be left there`),
            );
            assert.match(left.output, new RegExp(`Volume ${container}_state may still exist there`));
            assert.deepEqual(await project.records(), []);
            assert.deepEqual(await project.state(), []);
            assert.ok(await inspectContainer(container));
        }),
    );

    it(
        "is let go of by the environment, too",
        withProject(async (project) => {
            const proxy = await startProxy(project.folder);
            project.env.DOCKER_HOST = proxy.host;
            await project.program(`new buildx.BuildxBuilder("b", { name: unique });`);
            await project.up();
            await proxy.stop();
            project.env.PULUMI_BUILDX_DELETE_UNREACHABLE = "true";
            await project.destroy();
            assert.deepEqual(await project.records(), []);
        }),
    );
});
