import { strict as assert } from "node:assert";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { builder, resources } from "../support/program";
import { type Stack, withStack } from "../support/stack";
import { containerOf, volumeKeptByBuildx, volumeOf } from "../support/state";

const oneBuilder = ({ unique }: Stack) => resources({ builder: builder({ name: unique }) });

describe("what belongs to a builder", () => {
    it(
        "is not taken over if buildx created it, whichever part of it exists",
        withStack(async (stack) => {
            const { unique } = stack;
            await stack.program(oneBuilder(stack));
            const create = ["create", "--name", unique, "--driver", "docker-container"];

            await stack.buildx(...create);
            const before = await stack.record(unique);
            assert.match(await stack.failing("up"), /already exists in buildx's store.*docker buildx rm/s);
            assert.deepEqual(await stack.record(unique), before);
            assert.deepEqual(await leftovers(unique), []);

            await stack.buildx("inspect", "--bootstrap", unique);
            const { Id: created } = (await inspectContainer(containerOf(unique))) ?? {};
            assert.match(await stack.failing("up"), /already exists on .*created by buildx or a user/s);

            await rm(join(stack.store, "instances", unique));
            assert.match(await stack.failing("up"), /already exists on .*created by buildx or a user/s);
            assert.equal((await inspectContainer(containerOf(unique)))?.Id, created);
            assert.deepEqual(await stack.state(), []);
        }),
    );

    it(
        "is found again by its labels, with its cache, after the state lost it, and not by a stack with another store",
        withStack(async (stack) => {
            const { unique } = stack;
            await stack.program(oneBuilder(stack));
            await stack.up();
            const folder = await context(stack);
            await build(stack, unique, folder);
            const { Id: created } = (await inspectContainer(containerOf(unique))) ?? {};

            // A stack of the same name on another machine.
            stack.forget("builder");
            const { BUILDX_CONFIG } = stack.env;
            stack.env.BUILDX_CONFIG = join(stack.folder, "another store");
            assert.match(await stack.failing("up"), /already exists on/);
            stack.env.BUILDX_CONFIG = BUILDX_CONFIG;

            await rm(join(stack.store, "instances", unique));
            assert.deepEqual(await stack.state(), []);
            await stack.up();
            assert.equal((await inspectContainer(containerOf(unique)))?.Id, created);
            assert.deepEqual(await stack.records(), [unique]);
            assert.equal((await build(stack, unique, folder)).cached, 3);

            await stack.destroy();
            assert.deepEqual(await leftovers(unique), []);
        }),
    );

    it(
        "is not taken over if another resource created it",
        withStack(async (stack) => {
            const { unique } = stack;
            await stack.program(oneBuilder(stack));
            await stack.up();
            const named = builder({ name: unique });
            await stack.program(resources({ builder: named, second: named }));
            assert.match(await stack.failing("up"), /created by urn:pulumi:test::.*::builder/);
            assert.deepEqual(
                (await stack.state()).map(({ urn }) => urn),
                [stack.urn("BuildxBuilder", "builder")],
            );
        }),
    );

    it(
        "may mount a volume that buildx kept, and its removal leaves that volume",
        withStack(async (stack) => {
            const { unique } = stack;
            const folder = await volumeKeptByBuildx(stack);
            await stack.program(oneBuilder(stack));
            await stack.up();
            assert.equal((await build(stack, unique, folder)).cached, 3);
            await stack.destroy();
            assert.deepEqual(await leftovers(unique), [volumeOf(unique)]);
            await docker(["volume", "rm", volumeOf(unique)]);
        }),
    );
});
