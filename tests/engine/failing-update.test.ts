import { strict as assert } from "node:assert";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { builder, resources } from "../support/program";
import { type Stack, withStack } from "../support/stack";
import { containerOf, volumeOf } from "../support/state";

const program = ({ unique }: Stack, args: object = {}) =>
    resources({ b: builder({ name: unique, ...args }) }, { status: "${b.status}" });

describe("an update that fails", () => {
    it(
        "keeps the old container, which continues to build, and the next update succeeds",
        withStack(async (stack) => {
            const { unique } = stack;
            const own = [containerOf(unique), volumeOf(unique)];
            await stack.program(program(stack));
            await stack.up();
            const folder = await context(stack);
            await build(stack, unique, folder);
            const { Id: created } = (await inspectContainer(containerOf(unique))) ?? assert.fail();
            const isUnchanged = async () => {
                const [found, { cached }, left] = await Promise.all([
                    inspectContainer(containerOf(unique)),
                    build(stack, unique, folder),
                    leftovers(unique),
                ]);
                assert.deepEqual([found?.Id, found?.State.Running], [created, true]);
                assert.equal(cached, 3);
                assert.deepEqual(left, own);
                await stack.preview();
                assert.deepEqual(stack.steps, { b: "update" });
            };

            // The engine rejects the settings.
            await stack.program(program(stack, { driverOpts: { env: { A: "1" }, cpusetCpus: "4000" } }));
            assert.match(await stack.failing("up"), /cannot be created on .*CPUs/);
            await isUnchanged();

            // buildkitd rejects its flags.
            await stack.program(program(stack, { buildkitdFlags: ["--no-such-flag"] }));
            const output = await stack.failing("up");
            assert.match(output, /Last lines of buildkitd's log:[\s\S]*not defined: -+no-such-flag/);
            await isUnchanged();

            // The context of provenance attestations is optional.
            Object.assign(stack.env, {
                GITHUB_ACTIONS: "true",
                GITHUB_EVENT_NAME: "push",
                GITHUB_EVENT_PATH: "/no/such/event.json",
            });
            await stack.program(program(stack, { driverOpts: { env: { A: "2" } } }));
            assert.match(
                (await stack.up()).output,
                /provenance attestations do not contain the context of this GitHub Actions run/,
            );
            const after = await inspectContainer(containerOf(unique));
            assert.notEqual(after?.Id, created);
            assert.ok(after?.Config.Env.includes("A=2"));
            assert.equal((await build(stack, unique, folder)).cached, 3);
            await stack.preview("--expect-no-changes");
            await stack.refresh("--expect-no-changes");
            await stack.destroy();
            assert.deepEqual(await leftovers(unique), []);
        }),
    );

    it(
        "before the new container replaces the old container is completed or undone",
        withStack(async (stack) => {
            const { unique } = stack;
            const own = [containerOf(unique), volumeOf(unique)];
            const next = `pulumi-buildx-next-${unique}0`;
            const interrupt = async () => {
                await docker(["stop", containerOf(unique)]);
                const options = ["--privileged", "--volume", `${volumeOf(unique)}:/var/lib/buildkit`];
                await docker(["run", "--detach", "--name", next, ...options, "moby/buildkit:buildx-stable-1"]);
            };
            await stack.program(program(stack));
            await stack.up();
            await interrupt();
            await stack.refresh();
            await stack.up();
            assert.deepEqual(await leftovers(unique), own);
            assert.deepEqual(await stack.outputs(), { status: "running" });

            await interrupt();
            await stack.program(program(stack, { labels: { a: "1" } }));
            await stack.up();
            assert.deepEqual(await leftovers(unique), own);
            await interrupt();
            await stack.destroy();
            assert.deepEqual(await leftovers(unique), []);
        }),
    );
});
