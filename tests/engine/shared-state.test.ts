import { strict as assert } from "node:assert";
import { second } from "../support/engines";
import { builder, resources, state, type YamlResource } from "../support/program";
import { withProject } from "../support/project";
import { withStack } from "../support/stack";
import { containerOf } from "../support/state";

describe("two builders on one state", () => {
    it(
        "are refused at preview: of one program, as parts of components, or with two states of one volume",
        withProject(async (project) => {
            await project.program(`
                const refused = (name, args, options) => {
                    try {
                        new buildx.BuildxBuilder(name, args, options);
                    } catch (error) {
                        console.log("refused: " + (error instanceof pulumi.RunError) + " " + error.message);
                    }
                };
                const state = new buildx.BuildKitState("cache", { builderName: unique });
                new buildx.BuildxBuilder("one", { state });
                refused("two", { state });
                const ofParts = new buildx.BuildKitState("parts", { builderName: unique + "-parts" });
                const parents = ["a", "b"].map((name) => new pulumi.ComponentResource("test:index:Part", name));
                new buildx.BuildxBuilder("same", { state: ofParts }, { parent: parents[0] });
                refused("same", { state: ofParts }, { parent: parents[1] });`);
            const { output } = await project.preview();
            assert.match(
                output,
                /refused: true BuildxBuilder "two" cannot use the state that BuildxBuilder "one" uses: buildkitd locks its state/,
            );
            assert.match(
                output,
                /refused: true BuildxBuilder "same" cannot use the state that another BuildxBuilder "same" uses/,
            );

            // The program has two objects, but the provider finds one volume. No container exists yet.
            await project.program(`
                const states = [undefined, "unix:///var/run/docker.sock"].map((endpoint, index) =>
                    new buildx.BuildKitState("state" + index, { builderName: unique, endpoint }));
                const parent = new pulumi.ComponentResource("test:index:Part", "part");
                new buildx.BuildxBuilder("one", { state: states[0] });
                new buildx.BuildxBuilder("two", { nodes: [{ state: states[1] }] }, { parent });
                new buildx.BuildxBuilder("three", {
                    state: new buildx.BuildKitState("elsewhere", { builderName: unique, endpoint: "${second.host}" }),
                });`);
            const found = (await project.failing("preview")).replace(/\s+/g, " ");
            assert.match(
                found,
                /property (nodes\[0\]\.)?state value .*BuildxBuilder "(one|two)" cannot use the state that BuildxBuilder "(two|one)" uses/,
            );
            assert.doesNotMatch(found, /"three"/);
        }),
    );

    it(
        "are refused by the plugin at preview: of one program, of another one, or of buildx",
        withStack(async (stack) => {
            const { unique } = stack;
            const cache = state({ builderName: unique });
            /** Pulumi starts the plugin for each command. */
            const program = async (builders: Record<string, YamlResource>) => {
                await stack.program(resources({ cache, ...builders }));
                await stack.restart();
            };
            const one = builder({ state: "${cache}" });
            await program({ one, two: builder({ nodes: [{ state: "${cache}" }] }) });
            for (const command of ["preview", "up"] as const) {
                assert.match(
                    await stack.failing(command),
                    /error: (nodes\[0\]\.)?state: BuildxBuilder "(one|two)" cannot use the state that BuildxBuilder "(one|two)" uses/,
                );
            }

            await program({ three: one });
            assert.match(
                await stack.failing("preview"),
                new RegExp(
                    `error: state: container ${containerOf(unique)} on .* already uses this state .*::(one|two)`,
                ),
            );

            await program({});
            await stack.up();
            assert.deepEqual(Object.values(stack.steps), ["delete"]);
            await stack.buildx("create", "--name", unique, "--driver", "docker-container", "--bootstrap");
            await program({ one });
            assert.match(
                await stack.failing("preview"),
                /already uses this state .* was created by buildx or manually.*set adopt: true/,
            );
            await stack.buildx("rm", "--keep-state", unique);
            await stack.preview();
            assert.deepEqual(stack.steps, { one: "create" });
        }),
    );
});
