import { strict as assert } from "node:assert";
import { inspectContainer } from "../support/docker";
import { builder, resources, state } from "../support/program";
import { withProject } from "../support/project";
import { startProxy } from "../support/proxy";
import { withStack } from "../support/stack";
import { containerOf, volumeOf } from "../support/state";

describe("an engine that is gone", () => {
    it(
        "makes refresh and destroy fail with its address, until deleteUnreachable is set",
        withStack(async (stack) => {
            const proxy = await startProxy(stack.folder);
            stack.env.DOCKER_HOST = proxy.host;
            await stack.program(
                resources({ cache: state({ builderName: stack.unique }), b: builder({ state: "${cache}" }) }),
            );
            await stack.up();
            await proxy.stop();

            const named = new RegExp(`no Docker engine responds at ${proxy.host} \\(from DOCKER_HOST\\)`);
            assert.match(await stack.failing("refresh"), named);
            const output = await stack.failing("destroy");
            assert.match(output, named);
            assert.match(output, /pulumi config set buildx:deleteUnreachable true/);
            assert.deepEqual(await stack.records(), [stack.unique]);

            await stack.config("buildx:deleteUnreachable", "true");
            const left = await stack.destroy();
            const [container, volume] = [containerOf(stack.unique), volumeOf(stack.unique)];
            assert.match(left.output, new RegExp(`container ${container} and volume ${volume} may be left there`));
            assert.match(left.output, new RegExp(`Volume ${volume} may still exist there`));
            assert.deepEqual(await stack.records(), []);
            assert.deepEqual(await stack.state(), []);
            assert.ok(await inspectContainer(container));
        }),
    );

    it(
        "is ignored if the environment has the setting",
        withStack(async (stack) => {
            const proxy = await startProxy(stack.folder);
            stack.env.DOCKER_HOST = proxy.host;
            await stack.program(resources({ b: builder({ name: stack.unique }) }));
            await stack.up();
            await proxy.stop();
            stack.env.PULUMI_BUILDX_DELETE_UNREACHABLE = "true";
            await stack.destroy();
            assert.deepEqual(await stack.records(), []);
        }),
    );

    it(
        "is ignored by the dynamic provider if the stack's configuration has the setting",
        withProject(async (project) => {
            const proxy = await startProxy(project.folder);
            project.env.DOCKER_HOST = proxy.host;
            await project.program('new buildx.BuildKitState("cache", { builderName: unique });');
            await project.up();
            await proxy.stop();
            assert.match(await project.failing("destroy"), /pulumi config set buildx:deleteUnreachable true/);
            await project.config("buildx:deleteUnreachable", "true");
            await project.destroy();
            assert.deepEqual(await project.state(), []);
        }),
    );
});
