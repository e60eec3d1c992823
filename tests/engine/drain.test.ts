import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { docker, inspectContainer } from "../support/docker";
import { longBuild } from "../support/image";
import { builder, resources, state } from "../support/program";
import { type Stack, withStack } from "../support/stack";
import { containerOf } from "../support/state";

/** Creates or updates a builder with these arguments. */
async function up(stack: Stack, args: object): Promise<void> {
    const cache = state({ builderName: stack.unique });
    await stack.program(resources({ cache, b: builder({ state: "${cache}", ...args }) }));
    await stack.up();
}

/** Waits until the plugin has sent a message. */
async function message(stack: Stack, text: string): Promise<void> {
    while (!stack.log.some((each) => each.text === text)) await sleep(20);
}

describe("a running build", () => {
    it(
        "continues while limits of its container change",
        withStack(async (stack) => {
            await up(stack, {});
            const { ended, finish } = await longBuild(stack, 60);
            await up(stack, { driverOpts: { memory: "1g", cpuShares: 512, restartPolicy: "always" } });
            const found = await inspectContainer(containerOf(stack.unique));
            assert.equal(found?.HostConfig.Memory, 1024 ** 3);
            await finish();
            assert.match(await ended, /finished/);
        }),
    );

    it(
        "is drained before its container is recreated with another image, and succeeds",
        withStack(async (stack) => {
            const image = `moby/buildkit:${stack.unique}`;
            await up(stack, {});
            const before = await inspectContainer(containerOf(stack.unique));
            const { ended, finish } = await longBuild(stack, 60);
            await docker(["tag", "moby/buildkit:buildx-stable-1", image]);
            try {
                const updated = up(stack, { driverOpts: { image } });
                await Promise.race([message(stack, "waiting for 1 running build: image changed"), updated]);
                assert.equal((await inspectContainer(containerOf(stack.unique)))?.Id, before?.Id);
                await finish();
                const log = await ended;
                assert.match(log, /finished/);
                assert.doesNotMatch(log, /the build failed/);
                await updated;
                const after = await inspectContainer(containerOf(stack.unique));
                assert.equal(after?.Config.Image, image);
            } finally {
                await stack.destroy();
                await docker(["rmi", image]);
            }
        }),
    );

    it(
        "is drained before its builder is removed, and fails after drainTimeout",
        withStack(async (stack) => {
            await up(stack, { drainTimeout: 1 });
            const { ended } = await longBuild(stack, 60);
            const started = performance.now();
            const { output } = await stack.destroy();
            assert.match(output, /waiting for 1 running build: the builder is removed/);
            assert.ok(performance.now() - started > 1000);
            assert.match(await ended, /the build failed/);
        }),
    );

    it(
        "fails at once with drainTimeout 0",
        withStack(async (stack) => {
            await up(stack, { drainTimeout: 0 });
            const { ended } = await longBuild(stack, 60);
            const { output } = await stack.destroy();
            assert.doesNotMatch(output, /waiting for/);
            assert.match(await ended, /the build failed/);
        }),
    );
});
