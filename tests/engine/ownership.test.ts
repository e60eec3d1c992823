import { strict as assert } from "node:assert";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { type Project, withProject } from "../support/project";

const container = (project: Project) => `buildx_buildkit_${project.unique}0`;
const oneBuilder = `new buildx.BuildxBuilder("builder", { name: unique });`;

describe("what belongs to a builder", () => {
    it(
        "is not taken over where buildx made it, whatever part of it is there",
        withProject(async (project) => {
            await project.program(oneBuilder);
            const create = ["create", "--name", project.unique, "--driver", "docker-container"];

            await project.buildx(...create);
            const before = await project.record(project.unique);
            assert.match(await project.failing("up"), /already exists in buildx's store.*docker buildx rm/s);
            assert.deepEqual(await project.record(project.unique), before);
            assert.deepEqual(await leftovers(project.unique), []);

            await project.buildx("inspect", "--bootstrap", project.unique);
            const { Id: made } = (await inspectContainer(container(project))) ?? {};
            assert.match(await project.failing("up"), /already exists on .*created by buildx or a user/s);

            await rm(join(project.store, "instances", project.unique));
            assert.match(await project.failing("up"), /already exists on .*created by buildx or a user/s);
            assert.equal((await inspectContainer(container(project)))?.Id, made);
            assert.deepEqual(await project.state(), []);
        }),
    );

    it(
        "is not taken over where another resource made it",
        withProject(async (project) => {
            await project.program(oneBuilder);
            await project.up();
            await project.program(`${oneBuilder} new buildx.BuildxBuilder("second", { name: unique });`);
            assert.match(await project.failing("up"), /created by urn:pulumi:test::.*::builder/);
            assert.deepEqual(
                (await project.state()).map(({ urn }) => urn),
                [project.urn("BuildxBuilder", "builder")],
            );
        }),
    );

    it(
        "is found again by its labels when the state lost it, with its cache",
        withProject(async (project) => {
            await project.program(oneBuilder);
            await project.up();
            const folder = await context(project);
            await build(project, project.unique, folder);
            const { Id: made } = (await inspectContainer(container(project))) ?? {};
            await rm(join(project.store, "instances", project.unique));
            await project.try("state", "delete", "--yes", project.urn("BuildxBuilder", "builder"));
            assert.deepEqual(await project.state(), []);

            await project.up();
            assert.equal((await inspectContainer(container(project)))?.Id, made);
            assert.deepEqual(await project.records(), [project.unique]);
            assert.equal((await build(project, project.unique, folder)).cached, 3);
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );

    it(
        "is not found by the labels of a stack of the same name with another store",
        withProject(async (project) => {
            await project.program(oneBuilder);
            await project.up();
            await project.try("state", "delete", "--yes", project.urn("BuildxBuilder", "builder"));
            project.env.BUILDX_CONFIG = join(project.folder, "another store");
            assert.match(await project.failing("up"), /already exists on/);
            assert.ok(await inspectContainer(container(project)));
        }),
    );

    it(
        "may mount a volume that buildx kept, and leaves that volume when it goes",
        withProject(async (project) => {
            await project.buildx("create", "--name", project.unique, "--driver", "docker-container", "--bootstrap");
            const folder = await context(project);
            await build(project, project.unique, folder);
            await project.buildx("rm", "--keep-state", project.unique);
            await project.program(oneBuilder);
            await project.up();
            assert.equal((await build(project, project.unique, folder)).cached, 3);
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), [`${container(project)}_state`]);
            await docker(["volume", "rm", `${container(project)}_state`]);
        }),
    );
});
