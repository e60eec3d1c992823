import { strict as assert } from "node:assert";
import { join } from "node:path";
import { leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { containers, first, life, second } from "../support/nodes";
import { builder, resources } from "../support/program";
import { startProxy } from "../support/proxy";
import { type Stack, withStack } from "../support/stack";

const nodesInRecord = async (stack: Stack) =>
    ((await stack.record(stack.unique)).Nodes as { Name: string }[]).map(({ Name }) => Name);

describe("a builder of two nodes", () => {
    it(
        "is created without the node whose engine is down, and the next up completes the builder",
        withStack(async (stack) => {
            const { unique } = stack;
            const path = join(stack.folder, "second.sock");
            const ofSecond = new RegExp(`node ${unique}1: .*second\\.sock`);
            const program = (driverOpts: object) => {
                const nodes = [{ endpoint: first, driverOpts }, { endpoint: `unix://${path}` }];
                return stack.program(resources({ b: builder({ name: unique, nodes }) }));
            };
            await program({});
            const failed = await stack.failing("up");
            assert.match(failed, ofSecond);
            assert.doesNotMatch(failed, new RegExp(`node ${unique}0`));
            const { one: before } = await containers(stack);
            assert.equal(before?.State.Running, true);
            assert.deepEqual(await nodesInRecord(stack), [`${unique}0`]);
            assert.equal((await stack.state())[0]?.initErrors?.length, 1);
            await build(stack, unique, await context(stack)); // the first node builds

            const proxy = await startProxy(stack.folder, "second", second);
            try {
                await stack.up();
                const { one, two } = await containers(stack);
                assert.deepEqual(life(one), life(before));
                assert.equal(two?.State.Running, true);
                assert.equal((await nodesInRecord(stack)).length, 2);
                assert.equal((await stack.state())[0]?.initErrors, undefined);
                await stack.preview("--expect-no-changes");
            } finally {
                await proxy.stop();
            }

            // The engine is down again: an update changes the first node, and names the node that it cannot change.
            await program({ memory: "1g" });
            assert.match(await stack.failing("up"), ofSecond);
            assert.equal((await containers(stack)).one?.HostConfig.Memory, 1024 ** 3);
            assert.equal((await nodesInRecord(stack)).length, 2);
            // A refresh reads the first node.
            const { output } = await stack.refresh();
            assert.match(output, new RegExp(`node ${unique}1 is shown as inactive: .*second\\.sock`));
            assert.match(await stack.failing("destroy"), /second\.sock/);
            await stack.config("buildx:deleteUnreachable", "true");
            await stack.destroy();
            assert.deepEqual(await stack.records(), []);
            assert.deepEqual(await leftovers(unique), []);
            assert.notDeepEqual(await leftovers(unique, second), []);
        }),
    );
});
