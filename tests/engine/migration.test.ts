import { strict as assert } from "node:assert";
import { docker, inspectContainer, inspectVolume, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { type Project, withProject } from "../support/project";
import { containerOf, volumeOf } from "../support/state";

/** A builder as `docker.BuildxBuilder` of @pulumi/docker makes it, with something in its cache. */
async function makeByBuildx(project: Project): Promise<string> {
    const create = ["create", "--name", project.unique, "--driver", "docker-container", "--driver-opt", "memory=1g"];
    await project.buildx(...create, "--bootstrap");
    const folder = await context(project);
    await build(project, project.unique, folder);
    return folder;
}

const adopting = `new buildx.BuildxBuilder("b", { name: unique, adopt: true, driverOpts: { memory: "1g" } });`;

describe("a builder that docker.BuildxBuilder made", () => {
    it(
        "is adopted with its cache, and comes back after the old resource's deletion took it away",
        withProject(async (project) => {
            const { unique } = project;
            const folder = await makeByBuildx(project);
            const made = (await inspectContainer(containerOf(unique)))?.Id;
            await project.program(adopting);
            await project.up();
            assert.equal((await inspectContainer(containerOf(unique)))?.Id, made);
            assert.equal((await build(project, unique, folder)).cached, 3);

            // Without a refresh: every preview sees that the record is gone.
            await project.buildx("rm", unique);
            assert.deepEqual(await leftovers(unique), []);
            await project.up();
            assert.match(await project.buildx("inspect", unique), /Status: +running/);
            await build(project, unique, folder);
            await project.preview("--expect-no-changes");

            await project.buildx("rm", unique);
            await project.refresh();
            await project.up();
            assert.match(await project.buildx("inspect", unique), /Status: +running/);
            await project.up("--refresh", "--expect-no-changes");
            await project.destroy();
            assert.deepEqual(await leftovers(unique), []);
        }),
    );

    it(
        "is adopted with a BuildKitState for its cache, and both come back after a refresh",
        withProject(async (project) => {
            const { unique } = project;
            const folder = await makeByBuildx(project);
            await project.program(`
                const state = new buildx.BuildKitState("s", { builderName: unique });
                new buildx.BuildxBuilder("b", { state, adopt: true, driverOpts: { memory: "1g" } });`);
            await project.up();
            assert.equal((await build(project, unique, folder)).cached, 3);
            await project.buildx("rm", unique);
            assert.equal(await inspectVolume(volumeOf(unique)), undefined);
            await project.refresh();
            await project.up();
            await build(project, unique, folder);
            await project.up("--refresh", "--expect-no-changes");
            await project.destroy();
            await docker(["volume", "rm", "--force", volumeOf(unique)]);
            assert.deepEqual(await leftovers(unique), []);
        }),
    );
});
