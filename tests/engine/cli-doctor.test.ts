import { strict as assert } from "node:assert";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create, doctor, find, fix } from "../support/cli";
import { docker } from "../support/docker";
import { second } from "../support/engines";
import { build, context } from "../support/image";
import { builder, resources, state } from "../support/program";
import { withProject } from "../support/project";
import { run } from "../support/run";
import { withStack } from "../support/stack";
import { containerOf, volumeOf } from "../support/state";

describe("doctor, about containers and volumes", () => {
    it(
        "finds a record without its container, and boots the builder",
        withStack(async (stack) => {
            await create(stack);
            await fix(stack, await find(stack, "record-without-container"));
        }),
    );

    it(
        "finds what a stack lost, and prints a command with pulumi up",
        withProject(async (project) => {
            await project.program(`new buildx.BuildxBuilder("builder", { name: unique });`);
            await project.up();
            await rm(join(project.store, "instances", project.unique));
            await fix(project, await find(project, "container-without-record"), "pulumi up");
        }),
    );

    it(
        "finds everything that a stack can lose, and up restores it",
        withStack(async (stack) => {
            await stack.program(resources({ builder: builder({ name: stack.unique }) }));
            await stack.up();
            assert.deepEqual(await doctor(stack, stack.unique), []);
            const record = join(stack.store, "instances", stack.unique);
            const losses: [kind: string, lose: () => Promise<unknown>][] = [
                ["record-without-container", () => docker(["rm", "--force", containerOf(stack.unique)])],
                ["container-without-record", () => rm(record)],
                ["record-unreadable", () => writeFile(record, "{")],
            ];
            for (const [kind, lose] of losses) {
                await lose();
                const { mends } = await find(stack, kind);
                const { command } = mends.find((each) => each.command?.startsWith("pulumi up ")) ?? assert.fail();
                await stack.up(...(command?.includes(" --refresh ") ? ["--refresh"] : []));
                assert.deepEqual(await doctor(stack, stack.unique), []);
            }
        }),
    );

    it(
        "finds a container without a record, and uses it again or removes it",
        withStack(async (stack) => {
            await create(stack, "--bootstrap");
            const folder = await context(stack);
            await build(stack, stack.unique, folder);
            await rm(join(stack.store, "instances", stack.unique));
            await fix(stack, await find(stack, "container-without-record"), "buildx create");
            assert.equal((await build(stack, stack.unique, folder)).cached, 3);

            await rm(join(stack.store, "instances", stack.unique));
            await fix(stack, await find(stack, "container-without-record"), "docker rm");
        }),
    );

    it(
        "finds a volume and a container on an engine that is not docker's default",
        withStack(async (stack) => {
            await create(stack, "--bootstrap", second.host);
            const kept = `${stack.unique}-kept`;
            await stack.buildx("create", "--name", kept, "--driver", "docker-container", second.host);
            await docker(["--host", second.host, "volume", "create", `buildx_buildkit_${kept}x0_state`]);
            const left = await find(stack, "volume-without-builder", stack.unique, `${kept}x`);
            assert.match(left.mends[0]?.command ?? "", new RegExp(`^docker --host ${second.host} volume rm`));
            await fix(stack, left, "", stack.unique, `${kept}x`);
            await docker(["--host", second.host, "stop", containerOf(stack.unique)]);
            await fix(stack, await find(stack, "container-stopped"));
        }),
    );

    it(
        "finds a volume without an owner, and not the volume of a state",
        withStack(async (stack) => {
            await stack.program(resources({ cache: state({ builderName: stack.unique }) }));
            await stack.up();
            assert.deepEqual(await doctor(stack, stack.unique), []);

            const name = `${stack.unique}-left`;
            await stack.buildx("create", "--name", name, "--driver", "docker-container", "--bootstrap");
            await stack.buildx("rm", "--keep-state", name);
            const found = await find(stack, "volume-without-builder", name);
            assert.match(found.found, /Its size is [\d.]+[kM]B/);
            await fix(stack, found, "", name);
        }),
    );

    it(
        "finds a container that is stopped, paused or does not respond, and starts the container",
        withStack(async (stack) => {
            await create(stack, "--bootstrap");
            await stack.buildx("stop", stack.unique);
            assert.match((await find(stack, "container-stopped")).found, /exit code \d+; the last line of its log: /);
            await fix(stack, await find(stack, "container-stopped"));
            await docker(["pause", containerOf(stack.unique)]);
            await fix(stack, await find(stack, "container-paused"));
            await docker(["exec", containerOf(stack.unique), "sh", "-c", "kill -STOP $(pidof buildkitd)"]);
            await fix(stack, await find(stack, "buildkit-silent"));
        }),
    );

    it(
        "finds a container that exits again and again, and recreates the builder with its cache",
        withStack(async (stack) => {
            await create(stack, "--buildkitd-flags", "--no-such-flag");
            await run("docker", ["buildx", "inspect", "--bootstrap", stack.unique], { env: stack.env });
            const found = await find(stack, "container-restarting");
            assert.match(found.found, /no-such-flag/);
            await fix(stack, found, "--keep-state");
        }),
    );

    it(
        "finds a container that has too little memory, and gives it more",
        withStack(async (stack) => {
            await create(stack, "--driver-opt", "memory=8m");
            await run("docker", ["buildx", "inspect", "--bootstrap", stack.unique], { env: stack.env });
            const found = await find(stack, "container-out-of-memory");
            assert.match(found.found, /its limit of 8m/);
            await fix(stack, found);
        }),
    );

    it(
        "finds a disk that is nearly full, and empties the cache",
        withStack(async (stack) => {
            const onSmallDisk = ["--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=100m"];
            await docker(["volume", "create", ...onSmallDisk, volumeOf(stack.unique)]);
            await create(stack, "--bootstrap");
            const fill = "FROM scratch\nCOPY busybox /bin/sh\nRUN dd if=/dev/zero of=/big bs=1M count=93\n";
            await build(stack, stack.unique, await context(stack, fill));
            const found = await find(stack, "disk-full");
            assert.match(found.found, /of 105MB left/);
            await fix(stack, found);
        }),
    );

    it(
        "finds platforms that BuildKit does not offer",
        withStack(async (stack) => {
            await create(stack, "--bootstrap", "--platform", "linux/mips64");
            const found = await find(stack, "platform-missing");
            assert.match(found.mends[0]?.command ?? "", /tonistiigi\/binfmt --install mips64$/);
        }),
    );
});
