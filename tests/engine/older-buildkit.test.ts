import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, context } from "../support/image";
import { builder, resources, state } from "../support/program";
import { checkout } from "../support/project";
import { withStack } from "../support/stack";
import { containerOf } from "../support/state";

/** Returns the release that the tests' environment has beside the current one. */
async function olderImage(): Promise<{ image: string; version: string }> {
    const modules = await readFile(join(checkout, "environment/tools/older-buildkit/go.mod"), "utf8");
    const version = /github\.com\/moby\/buildkit (v\S+)/.exec(modules)?.[1] ?? "";
    return { image: `moby/buildkit:${version}`, version };
}

describe("a BuildKit that is older than the BuildKit that wrote its state", () => {
    it(
        "uses the cache and the user gets a warning, also if the builder was removed and created again",
        withStack(async (stack) => {
            const { unique } = stack;
            const { image, version } = await olderImage();
            const cache = state({ builderName: unique });
            const program = (args: object) =>
                stack.program(
                    resources(
                        { cache, b: builder({ state: "${cache}", ...args }) },
                        { version: "${b.buildkitVersion}" },
                    ),
                );
            await program({});
            await stack.up();
            const { version: newer } = await stack.outputs<{ version: string }>();
            const folder = await context(stack);
            await build(stack, unique, folder);

            await stack.program(resources({ cache }));
            await stack.up();
            assert.deepEqual(stack.steps, { b: "delete" });
            await program({ driverOpts: { image } });
            const { output } = await stack.up();
            const said = `warning: BuildKit ${version} in ${containerOf(unique)} uses a state that BuildKit ${newer} wrote`;
            assert.ok(output.includes(said), output);
            assert.deepEqual(await stack.outputs(), { version });
            assert.equal((await build(stack, unique, folder)).cached, 3);

            await program({});
            const { output: upgraded } = await stack.up();
            assert.deepEqual(stack.steps, { b: "update" });
            assert.doesNotMatch(upgraded, /uses a state that/);
            assert.equal((await build(stack, unique, folder)).cached, 3);
        }),
    );
});
