import { strict as assert } from "node:assert";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, leftovers } from "../support/docker";
import { isolateDockerConfig } from "../support/dockerConfig";
import { builder, resources, state } from "../support/program";
import type { Project } from "../support/project";
import { withStack } from "../support/stack";
import { containerOf, volumeOf } from "../support/state";

/** What may happen to a builder before its removal. */
const happened: Record<string, (project: Project, name: string) => Promise<unknown>> = {
    "its container is gone": (_, name) => docker(["rm", "--force", containerOf(name)]),
    "its container and volume are gone": async (_, name) => {
        await docker(["rm", "--force", containerOf(name)]);
        await docker(["volume", "rm", volumeOf(name)]);
    },
    "its record is gone": (project, name) => rm(join(project.store, "instances", name)),
    "its container and record are gone": (project, name) => project.buildx("rm", "--keep-state", name),
    "all of it is gone": (project, name) => project.buildx("rm", name),
    "its container is stopped": (_, name) => docker(["stop", containerOf(name)]),
    "its record cannot be read": (project, name) => writeFile(join(project.store, "instances", name), "{"),
};

/** What may happen to all builders of a user. */
const happenedToAll: Record<string, (project: Project) => Promise<unknown>> = {
    "buildx's choice of a builder cannot be read": (project) => writeFile(join(project.store, "current"), "{"),
    "docker's configuration cannot be read": async (project) =>
        writeFile(join(await isolateDockerConfig(project), "config.json"), "{"),
};

describe("the removal of a builder", () => {
    it(
        `leaves nothing behind if ${[...Object.keys(happened), ...Object.keys(happenedToAll)].join("; if ")}`,
        withStack(async (stack) => {
            const names = Object.keys(happened).map((_, index) => `${stack.unique}-${index}-`);
            await stack.program(resources(Object.fromEntries(names.map((name) => [name, builder({ name })] as const))));
            await stack.up();
            const all = Object.values(happened).map((happen, index) => happen(stack, names[index] ?? ""));
            await Promise.all(all);
            for (const happen of Object.values(happenedToAll)) await happen(stack);
            await stack.destroy();
            assert.deepEqual(stack.steps, Object.fromEntries(names.map((name) => [name, "delete"])));
            assert.deepEqual(await leftovers(stack.unique), []);
            assert.deepEqual(await stack.records(), []);
        }),
    );

    it(
        "leaves what someone else created under the same name",
        withStack(async (stack) => {
            const { unique } = stack;
            await stack.program(resources({ builder: builder({ name: unique }) }));
            await stack.up();
            await stack.buildx("rm", unique);
            await stack.buildx("create", "--name", unique, "--driver", "docker-container", "--bootstrap");
            await stack.destroy();
            assert.deepEqual(await leftovers(unique), [containerOf(unique), volumeOf(unique)]);
            assert.deepEqual(await stack.records(), [unique]);
        }),
    );
});

describe("the removal of a state", () => {
    it(
        "fails while a container mounts the volume, and names that container",
        withStack(async (stack) => {
            const { unique } = stack;
            await stack.program(resources({ cache: state({ builderName: unique }) }));
            await stack.up();
            const user = `${unique}-user`;
            const mount = ["--volume", `${volumeOf(unique)}:/state`];
            await docker(["create", "--name", user, ...mount, "moby/buildkit:buildx-stable-1"]);
            assert.match(await stack.failing("destroy"), new RegExp(`in use by container ${user}`));
            await docker(["rm", "--volumes", user]);
            await stack.destroy();
            assert.deepEqual(await leftovers(unique), []);
        }),
    );
});
