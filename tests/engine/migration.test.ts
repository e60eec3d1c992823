import { strict as assert } from "node:assert";
import { docker, inspectContainer, inspectVolume, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { builder, resources, state } from "../support/program";
import { type Stack, withStack } from "../support/stack";
import { containerOf, volumeOf } from "../support/state";

/** Creates a builder as `docker.BuildxBuilder` of @pulumi/docker does, and fills its cache. */
async function createByBuildx(stack: Stack): Promise<string> {
    const create = ["create", "--name", stack.unique, "--driver", "docker-container", "--driver-opt", "memory=1g"];
    await stack.buildx(...create, "--bootstrap");
    const folder = await context(stack);
    await build(stack, stack.unique, folder);
    return folder;
}

const adopting = { adopt: true, driverOpts: { memory: "1g" } };

const isRunning = async (stack: Stack) => assert.match(await stack.buildx("inspect", stack.unique), /Status: +running/);

describe("a builder that docker.BuildxBuilder created", () => {
    it(
        "is adopted with its cache, and is recreated after the deletion of the old resource removed the builder",
        withStack(async (stack) => {
            const { unique } = stack;
            const folder = await createByBuildx(stack);
            const created = (await inspectContainer(containerOf(unique)))?.Id;
            await stack.program(resources({ b: builder({ name: unique, ...adopting }) }));
            await stack.up();
            assert.equal((await inspectContainer(containerOf(unique)))?.Id, created);
            assert.equal((await build(stack, unique, folder)).cached, 3);

            // No refresh is needed: every preview detects that the record is gone.
            await stack.buildx("rm", unique);
            assert.deepEqual(await leftovers(unique), []);
            await stack.up();
            await isRunning(stack);
            await build(stack, unique, folder);
            await stack.preview("--expect-no-changes");

            await stack.buildx("rm", unique);
            await stack.refresh();
            await stack.up();
            await isRunning(stack);
            await stack.up("--refresh", "--expect-no-changes");
            await stack.destroy();
            assert.deepEqual(await leftovers(unique), []);
        }),
    );

    it(
        "is adopted with a BuildKitState for its cache, and a refresh detects that both are gone",
        withStack(async (stack) => {
            const { unique } = stack;
            const folder = await createByBuildx(stack);
            await stack.program(
                resources({ s: state({ builderName: unique }), b: builder({ state: "${s}", ...adopting }) }),
            );
            await stack.up();
            assert.equal((await build(stack, unique, folder)).cached, 3);
            await stack.buildx("rm", unique);
            assert.equal(await inspectVolume(volumeOf(unique)), undefined);
            await stack.refresh();
            await stack.up();
            await build(stack, unique, folder);
            await stack.up("--refresh", "--expect-no-changes");
            await stack.destroy();
            await docker(["volume", "rm", "--force", volumeOf(unique)]);
            assert.deepEqual(await leftovers(unique), []);
        }),
    );
});
