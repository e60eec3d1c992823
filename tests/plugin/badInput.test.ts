import { strict as assert } from "node:assert";
import { withProject } from "../support/project";
import { builder, prune, resources, state } from "../support/program";
import { Stack, withStack } from "../support/stack";

describe("bad input to the plugin", () => {
    it(
        "is named by its property, with what is valid",
        withStack(async (stack) => {
            const name = stack.unique;
            const cases: [string, ReturnType<typeof builder>, RegExp][] = [
                ["an unknown argument", builder({ name, gcRule: [] }), /gcRule: .* did you mean gc(Rules)?\?/],
                [
                    "an argument far from all",
                    builder({ name, xyz: 1 }),
                    /xyz: .* must be one of .*gcRules, buildkitdToml/,
                ],
                [
                    "an unknown option",
                    builder({ name, driverOpts: { memori: "1g" } }),
                    /driverOpts.*"memori".*memory\?/,
                ],
                ["options that are no object", builder({ name, driverOpts: "x" }), /driverOpts: must be an object/],
                ["nodes that are no list", builder({ name, nodes: { a: 1 } }), /nodes: must be a list of nodes/],
                ["a node that is no object", builder({ name, nodes: ["a"] }), /nodes\[0\]: must be an object/],
                ["labels that are no object", builder({ name, labels: "a" }), /labels: must be an object of texts/],
                [
                    "a rule of a list",
                    builder({ name, gcRules: [{ maxUsedSpace: "x" }] }),
                    /gcRules\[0\]\.maxUsedSpace: /,
                ],
                [
                    "a state that is no id",
                    builder({ state: "ci" }),
                    /state: "ci" is not a valid state: .*buildx_buildkit_/,
                ],
                [
                    "a node's state",
                    builder({ name, nodes: [{ state: "ci" }] }),
                    /nodes\[0\]\.state: "ci" is not a valid/,
                ],
                ["a state that is a number", builder({ state: 5 }), /state: must be a BuildKitState/],
                ["an argument of a state", state({ builderName: name, foo: 1 }), /foo: .* must be one of builderName/],
                ["an argument of a prune", prune({ builderName: 5 }), /builderName: 5 is not a valid builder name/],
            ];
            for (const [what, resource, expected] of cases) {
                await stack.program(resources({ resource }));
                assert.match(await stack.failing("preview"), expected, what);
            }
        }),
    );

    it(
        "is a state that no engine has: the error names its volume",
        withStack(async (stack) => {
            const volume = `buildx_buildkit_${stack.unique}0_state`;
            await stack.program(resources({ builder: builder({ state: volume }) }));
            assert.match(await stack.failing("up"), new RegExp(`state volume ${volume} of builder .* is not on unix:`));
            assert.deepEqual(await stack.state(), []);
        }),
    );

    it(
        "is the builder of another program that runs at the same time: one of them fails and leaves the other's",
        withStack(async (stack) => {
            const program = resources({ builder: builder({ name: stack.unique }) });
            const other = await Stack.make({ unique: `${stack.unique}-other`, store: stack.store });
            try {
                await Promise.all([stack.program(program), other.program(program)]);
                const ends = await Promise.all([stack.try("up"), other.try("up")]);
                const failed = ends.filter(({ code }) => code !== 0);
                assert.equal(failed.length, 1, JSON.stringify(ends));
                assert.match(failed[0]?.output ?? "", new RegExp(`error: .*${stack.unique}.*(another process|exists)`));
                const winner = failed[0] === ends[0] ? other : stack;
                assert.deepEqual(await stack.records(), [stack.unique]);
                await winner.refresh("--expect-no-changes");
                await winner.destroy();
            } finally {
                await other.remove();
            }
        }),
    );

    it(
        "is named as the program writes it, also with the dynamic provider",
        withProject(async (project) => {
            await project.program('new buildx.BuildxBuilder("b", { gcRules: [{ maxUsedSpace: "lots" }] });');
            assert.match(await project.failing("preview"), /gcRules\[0\]\.maxUsedSpace/);
            await project.program('new buildx.BuildxBuilder("b", { nodes: [{}, { buildkitdToml: "debug = 5" }] });');
            assert.match(await project.failing("preview"), /nodes\[1\]\.buildkitdToml/);
        }),
    );
});
