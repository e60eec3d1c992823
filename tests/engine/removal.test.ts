import { strict as assert } from "node:assert";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectVolume, leftovers } from "../support/docker";
import { type Project, withProject } from "../support/project";

const container = (project: Project) => `buildx_buildkit_${project.unique}0`;

/** Something that may have happened to a builder before it is to be removed. */
const happened: Record<string, (project: Project, name: string) => Promise<unknown>> = {
    "its container is gone": (_, name) => docker(["rm", "--force", `buildx_buildkit_${name}0`]),
    "its container and volume are gone": async (_, name) => {
        await docker(["rm", "--force", `buildx_buildkit_${name}0`]);
        await docker(["volume", "rm", `buildx_buildkit_${name}0_state`]);
    },
    "its record is gone": (project, name) => rm(join(project.store, "instances", name)),
    "its container and record are gone": (project, name) => project.buildx("rm", "--keep-state", name),
    "all of it is gone": (project, name) => project.buildx("rm", name),
    "its container is stopped": (_, name) => docker(["stop", `buildx_buildkit_${name}0`]),
    "its record cannot be read": (project, name) => writeFile(join(project.store, "instances", name), "{"),
};

/** The same for all builders of a user. */
const happenedToAll: Record<string, (project: Project) => Promise<unknown>> = {
    "buildx's choice of a builder cannot be read": (project) => writeFile(join(project.store, "current"), "{"),
    "docker's configuration cannot be read": async (project) => {
        const folder = join(project.folder, "docker");
        await mkdir(folder);
        await writeFile(join(folder, "config.json"), "{");
        project.env.DOCKER_CONFIG = folder;
    },
};

describe("the removal of a builder", () => {
    it(
        `leaves nothing behind where ${[...Object.keys(happened), ...Object.keys(happenedToAll)].join("; where ")}`,
        withProject(async (project) => {
            const names = Object.keys(happened).map((_, index) => `${project.unique}-${index}-`);
            await project.program(
                names.map((name) => `new buildx.BuildxBuilder("${name}", { name: "${name}" });`).join("\n"),
            );
            await project.up();
            for (const [index, happen] of Object.values(happened).entries()) await happen(project, names[index] ?? "");
            for (const happen of Object.values(happenedToAll)) await happen(project);
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
            assert.deepEqual(await project.records(), []);
        }),
    );

    it(
        "leaves what someone else put in its place",
        withProject(async (project) => {
            await project.program(`new buildx.BuildxBuilder("builder", { name: unique });`);
            await project.up();
            await project.buildx("rm", project.unique);
            await project.buildx("create", "--name", project.unique, "--driver", "docker-container", "--bootstrap");
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), [container(project), `${container(project)}_state`]);
            assert.deepEqual(await project.records(), [project.unique]);
        }),
    );

    it(
        "of a state fails while a container mounts it, and names that container",
        withProject(async (project) => {
            await project.program(`new buildx.BuildKitState("cache", { builderName: unique });`);
            await project.up();
            await docker([
                "create",
                "--name",
                `${project.unique}-user`,
                "-v",
                `${container(project)}_state:/state`,
                "moby/buildkit:buildx-stable-1",
            ]);
            assert.match(await project.failing("destroy"), new RegExp(`in use by container ${project.unique}-user`));
            await docker(["rm", "--volumes", `${project.unique}-user`]);
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );

    it(
        "of a state leaves a volume that was there before, and says so",
        withProject(async (project) => {
            const volume = `${container(project)}_state`;
            await docker(["volume", "create", volume]);
            await project.program(`
                const state = new buildx.BuildKitState("cache", { builderName: unique });
                exports.adopted = state.adopted;`);
            await project.up();
            assert.deepEqual(await project.outputs(), { adopted: true });
            const { output } = await project.destroy();
            assert.match(output, new RegExp(`volume ${volume} stays on .*: it existed before the resource`));
            assert.ok(await inspectVolume(volume));
        }),
    );
});
