import { strict as assert } from "node:assert";
import { inspectContainer, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { withProject } from "../support/project";

describe("adoption", () => {
    it(
        "takes over a builder that buildx made, in place and with its cache, and lets go of all of it",
        withProject(async (project) => {
            const container = `buildx_buildkit_${project.unique}0`;
            await project.buildx("create", "--name", project.unique, "--driver", "docker-container", "--bootstrap");
            const folder = await context(project);
            await build(project, project.unique, folder);
            const made = await inspectContainer(container);
            const program = (args: string) => `new buildx.BuildxBuilder("b", { name: unique, ${args} });`;

            await project.program(program(""));
            assert.match(await project.failing("up"), /Set adopt: true to take it over with its cache/);

            await project.program(program('adopt: true, driverOpts: { memory: "1g" }'));
            await project.up();
            await project.preview("--expect-no-changes");
            await project.refresh("--expect-no-changes");
            const found = await inspectContainer(container);
            assert.deepEqual(
                [found?.Id, found?.State.StartedAt, found?.HostConfig.Memory],
                [made?.Id, made?.State.StartedAt, 1024 ** 3],
            );
            assert.equal((await build(project, project.unique, folder)).cached, 3);

            await project.program(program('adopt: true, driverOpts: { env: { A: "1" } }'));
            await project.up();
            assert.notEqual((await inspectContainer(container))?.Id, made?.Id);
            assert.equal((await build(project, project.unique, folder)).cached, 3);

            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
            assert.deepEqual(await project.records(), []);
        }),
    );

    it(
        "of a volume by a state keeps what it holds",
        withProject(async (project) => {
            await project.buildx("create", "--name", project.unique, "--driver", "docker-container", "--bootstrap");
            const folder = await context(project);
            await build(project, project.unique, folder);
            await project.buildx("rm", "--keep-state", project.unique);
            await project.program(`
                const state = new buildx.BuildKitState("cache", { builderName: unique });
                new buildx.BuildxBuilder("b", { state });
                exports.adopted = state.adopted;`);
            await project.up();
            assert.deepEqual(await project.outputs(), { adopted: true });
            assert.equal((await build(project, project.unique, folder)).cached, 3);
            await project.refresh("--expect-no-changes");
            await project.preview("--expect-no-changes");
        }),
    );

    it(
        "takes over a record that was never booted",
        withProject(async (project) => {
            await project.buildx("create", "--name", project.unique, "--driver", "docker-container");
            await project.program(
                `exports.status = new buildx.BuildxBuilder("b", { name: unique, adopt: true, platforms: ["linux/arm64"] }).status;`,
            );
            await project.up();
            assert.deepEqual(await project.outputs(), { status: "running" });
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );
});
