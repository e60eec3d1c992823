import { strict as assert } from "node:assert";
import { docker, inspectContainer, removeLeftovers } from "../support/docker";
import { build, context } from "../support/image";
import { newerImage, stock } from "../support/privateImage";
import { builder, resources } from "../support/program";
import { withStack } from "../support/stack";
import { containerOf } from "../support/state";

describe("a tag of a BuildKit image that moved", () => {
    it(
        "is seen by a refresh only, and the next up recreates the container and keeps the cache",
        withStack(async (stack) => {
            const tag = `${stack.unique}:floating`;
            const container = containerOf(stack.unique);
            await docker(["tag", stock, tag]);
            try {
                const program = (more: object = {}) =>
                    resources(
                        { b: builder({ name: stack.unique, driverOpts: { image: tag, ...more } }) },
                        { nodes: "${b.nodes}" },
                    );
                const digest = async () =>
                    (await stack.outputs<{ nodes: [{ imageDigest: string }] }>()).nodes[0].imageDigest;
                await stack.program(program());
                await stack.up();
                const first = await digest();
                const folder = await context(stack);
                await build(stack, stack.unique, folder);
                const created = await inspectContainer(container);

                const newer = await newerImage(stack, tag);
                await stack.preview("--expect-no-changes");
                await stack.program(program({ memory: "1g" }));
                await stack.up();
                assert.equal((await inspectContainer(container))?.Id, created?.Id);

                await stack.refresh();
                await stack.preview();
                assert.deepEqual(stack.steps, { b: "update" });
                const { output } = await stack.up();
                assert.match(output, new RegExp(`creating ${container}: .* is a newer image`));
                assert.equal((await inspectContainer(container))?.Image, newer);
                assert.notEqual(await digest(), first);
                assert.equal((await build(stack, stack.unique, folder)).cached, 3);
                await stack.refresh("--expect-no-changes");
                await stack.preview("--expect-no-changes");
            } finally {
                await removeLeftovers(stack.unique); // or the image would lose its name and remain
                await docker(["rmi", "--force", tag]);
            }
        }),
    );
});
