import { strict as assert } from "node:assert";
import { docker, inspectContainer } from "../support/docker";
import { longBuild } from "../support/image";
import { type Project, withProject } from "../support/project";

const container = (project: Project) => `buildx_buildkit_${project.unique}0`;

/** A builder with these arguments, as the program of a project. */
const program = (args: object) => `
    const state = new buildx.BuildKitState("cache", { builderName: unique });
    exports.status = new buildx.BuildxBuilder("builder", { state, ...${JSON.stringify(args)} }).status;`;

describe("a build that runs", () => {
    it(
        "goes on while limits change on its container",
        withProject(async (project) => {
            await project.program(program({}));
            await project.up();
            const { ended } = await longBuild(project, 6);
            await project.program(program({ driverOpts: { memory: "1g", cpuShares: 512, restartPolicy: "always" } }));
            await project.up();
            const found = await inspectContainer(container(project));
            assert.equal(found?.HostConfig.Memory, 1024 ** 3);
            assert.match(await ended, /finished/);
        }),
    );

    it(
        "is awaited before its container is made anew with another image, and ends well",
        withProject(async (project) => {
            await project.program(program({}));
            await project.up();
            const { ended } = await longBuild(project, 20);
            await docker(["tag", "moby/buildkit:buildx-stable-1", `moby/buildkit:${project.unique}`]);
            await project.program(program({ driverOpts: { image: `moby/buildkit:${project.unique}` } }));
            const { output } = await project.up();
            assert.match(output, /waiting for 1 running build: image changed/);
            const log = await ended;
            assert.match(log, /finished/);
            assert.doesNotMatch(log, /the build failed/);
            await project.destroy();
            await docker(["rmi", `moby/buildkit:${project.unique}`]);
        }),
    );

    it(
        "is awaited before its builder is removed, and given up on after drainTimeout",
        withProject(async (project) => {
            await project.program(program({ drainTimeout: 2 }));
            await project.up();
            const { ended } = await longBuild(project, 60);
            const started = performance.now();
            const { output } = await project.destroy();
            assert.match(output, /waiting for 1 running build: the builder is removed/);
            assert.ok(performance.now() - started > 2000);
            assert.match(await ended, /the build failed/);
        }),
    );

    it(
        "is cut off at once with drainTimeout 0",
        withProject(async (project) => {
            await project.program(program({ drainTimeout: 0 }));
            await project.up();
            const { ended } = await longBuild(project, 60);
            const { output } = await project.destroy();
            assert.doesNotMatch(output, /waiting for/);
            assert.match(await ended, /the build failed/);
        }),
    );
});
