import { strict as assert } from "node:assert";
import { leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { builder, resources } from "../support/program";
import { withStack } from "../support/stack";
import { volumeOf } from "../support/state";

describe("the name of a builder", () => {
    it(
        "is fixed or automatic, and finds the volume that keepState kept",
        withStack(async (stack) => {
            const [fixed, automatic] = [`${stack.unique}-fixed`, `${stack.unique}-auto`];
            await stack.program(
                resources(
                    {
                        [fixed]: builder({ name: fixed, keepState: true }),
                        [automatic]: builder({ keepState: true }),
                    },
                    { names: [`\${${fixed}.name}`, `\${${automatic}.name}`] },
                ),
            );
            await stack.up();
            const { names } = await stack.outputs<{ names: string[] }>();
            assert.match(names[1] ?? "", new RegExp(`^${automatic}-[0-9a-f]{7}$`));
            const folder = await context(stack);
            const cached = () => Promise.all(names.map(async (name) => (await build(stack, name, folder)).cached));
            assert.deepEqual(await cached(), [0, 0]);

            await stack.destroy();
            assert.deepEqual((await leftovers(stack.unique)).sort(), names.map(volumeOf).sort());
            await stack.up();
            assert.deepEqual((await stack.outputs<{ names: string[] }>()).names, names);
            assert.deepEqual(await cached(), [3, 3]);
        }),
    );

    it(
        "is another automatic name each time without keepState, and no volume remains",
        withStack(async (stack) => {
            const { unique } = stack;
            await stack.program(resources({ [unique]: builder() }, { name: `\${${unique}.name}` }));
            await stack.up();
            const { name } = await stack.outputs<{ name: string }>();
            assert.match(name, new RegExp(`^${unique}-[0-9a-f]{7}$`));
            await stack.preview("--expect-no-changes");
            await stack.destroy();
            assert.deepEqual(await leftovers(unique), []);
            await stack.up();
            assert.notEqual((await stack.outputs<{ name: string }>()).name, name);
        }),
    );

    it(
        "is saved in lower case, as buildx does, and use makes it the current builder until its removal",
        withStack(async (stack) => {
            const { unique } = stack;
            const args = { name: unique.toUpperCase(), use: true };
            await stack.program(resources({ b: builder(args) }, { name: "${b.name}" }));
            await stack.up();
            assert.deepEqual(await stack.outputs(), { name: unique });
            await stack.preview("--expect-no-changes");
            assert.deepEqual(await stack.records(), [unique]);
            assert.match(await stack.buildx("inspect"), new RegExp(`Name: +${unique}\n`));
            await stack.destroy();
            assert.doesNotMatch(await stack.buildx("inspect"), new RegExp(unique));
        }),
    );
});
