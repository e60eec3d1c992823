import { strict as assert } from "node:assert";
import { second } from "../support/engines";
import { withProject } from "../support/project";

describe("two builders on one state", () => {
    it(
        "are refused at preview, be they of one program, of two states of one volume, or of someone else",
        withProject(async (project) => {
            await project.program(`
                const state = new buildx.BuildKitState("cache", { builderName: unique });
                new buildx.BuildxBuilder("one", { state });
                new buildx.BuildxBuilder("two", { state });`);
            assert.match(
                await project.failing("preview"),
                /BuildxBuilder "two" cannot use the state that BuildxBuilder "one" uses: buildkitd locks its state/,
            );

            await project.program(`
                const state = new buildx.BuildKitState("cache", { builderName: unique });
                for (const name of ["a", "b"]) {
                    const parent = new pulumi.ComponentResource("test:index:Part", name);
                    new buildx.BuildxBuilder("same", { state }, { parent });
                }`);
            assert.match(
                await project.failing("preview"),
                /BuildxBuilder "same" cannot use the state that another BuildxBuilder "same" uses/,
            );

            // The program knows two objects, and the provider sees one volume. The engine has no container yet.
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

            const program = (builder: string, more = "") =>
                project.program(`
                    const one = new buildx.BuildKitState("one", { builderName: unique });
                    new buildx.BuildxBuilder("${builder}", { state: one });
                    ${more}`);
            await program("one");
            await project.up();
            await program(
                "one",
                `const two = new buildx.BuildKitState("two", { builderName: unique });
                 new buildx.BuildxBuilder("two", { state: two });`,
            );
            const said = (await project.failing("preview")).replace(/\s+/g, " ");
            assert.match(said, /BuildxBuilder resource 'two': property state/);
            assert.match(
                said,
                new RegExp(`container buildx_buildkit_${project.unique}0 on .* already uses this state .*::one`),
            );

            await program("one");
            await project.preview("--expect-no-changes");
            await project.destroy();
            await project.buildx("create", "--name", project.unique, "--driver", "docker-container", "--bootstrap");
            assert.match(
                (await project.failing("preview")).replace(/\s+/g, " "),
                /already uses this state .* was created by buildx or manually.*set adopt: true/,
            );
            await project.buildx("rm", project.unique);
            await project.preview();
        }),
    );
});
