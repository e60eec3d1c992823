import { strict as assert } from "node:assert";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { createContext, isolateDockerConfig } from "../support/dockerConfig";
import { imageOf, silentImage } from "../support/image";
import { builder, resources } from "../support/program";
import { type Stack, withStack } from "../support/stack";
import { containerOf, volumeOf } from "../support/state";

const program = (stack: Stack, args: object) =>
    stack.program(resources({ b: builder({ name: stack.unique, ...args }) }));

/** Builds an image whose program prints one line and exits. */
const imageThatExits = (stack: Stack) =>
    imageOf(
        stack,
        "exits",
        'FROM scratch\nCOPY busybox /bin/sh\nENTRYPOINT ["/bin/sh", "-c", "echo no configuration today >&2; exit 3"]\n',
    );

async function leavesNothing(stack: Stack): Promise<void> {
    assert.deepEqual(await leftovers(stack.unique), []);
    assert.deepEqual(await stack.records(), []);
    assert.deepEqual(await stack.state(), []);
}

describe("a creation that fails", () => {
    it(
        "because buildkitd exits reports the end of the log and leaves nothing",
        withStack(async (stack) => {
            const image = await imageThatExits(stack);
            try {
                await program(stack, { driverOpts: { image } });
                const output = await stack.failing("up");
                assert.match(output, /BuildKit did not boot: buildkitd in buildx_buildkit_.* exited with code 3/);
                assert.match(output, /Last output of buildctl: /);
                assert.match(output, /Last lines of buildkitd's log:\n +.*no configuration today/);
                await leavesNothing(stack);
            } finally {
                await docker(["image", "rm", "--force", image]);
            }
        }),
    );

    it(
        "because buildkitd rejects its flags reports what buildkitd printed, and keeps a volume that existed before",
        withStack(async (stack) => {
            await program(stack, { buildkitdFlags: ["--no-such-flag"] });
            const rejected = /Last lines of buildkitd's log:[\s\S]*not defined: -+no-such-flag/;
            assert.match(await stack.failing("up"), rejected);
            await leavesNothing(stack);

            await docker(["volume", "create", volumeOf(stack.unique)]);
            assert.match(await stack.failing("up"), rejected);
            assert.deepEqual(await leftovers(stack.unique), [volumeOf(stack.unique)]);
        }),
    );

    it(
        "because buildkitd does not respond ends after bootTimeout",
        withStack(async (stack) => {
            const image = await silentImage(stack);
            try {
                await program(stack, { bootTimeout: 2, driverOpts: { image } });
                assert.match(
                    await stack.failing("up"),
                    /did not respond within 2 s\.\nLast output of buildctl: .+\nLast lines of/,
                );
                await leavesNothing(stack);
            } finally {
                await docker(["image", "rm", "--force", image]);
            }
        }),
    );

    it(
        "because the network, the image, the engine or the processor does not exist reports the cause and leaves nothing",
        withStack(async (stack) => {
            const cases: [args: object, cause: RegExp][] = [
                [
                    { driverOpts: { network: "nowhere" } },
                    /network "nowhere" of builder .* does not exist on unix:\/\/.*docker network create nowhere/,
                ],
                [
                    { driverOpts: { image: "127.0.0.1:1/no/image:here" } },
                    /image 127\.0\.0\.1:1\/no\/image:here cannot be pulled: .*refused/,
                ],
                [
                    { endpoint: "unix:///nowhere/docker.sock" },
                    /no Docker engine responds at unix:\/\/\/nowhere\/docker\.sock \(from the argument endpoint\): socket not found/,
                ],
                [
                    { endpoint: "nowhere" },
                    /error: endpoint: .*"nowhere" .* is neither a host URL .* nor a docker context/,
                ],
                [{ driverOpts: { cpusetCpus: "4000" } }, /buildx_buildkit_.* cannot be created on unix:.*CPUs/],
            ];
            for (const [args, cause] of cases) {
                await program(stack, args);
                assert.match(await stack.failing("up"), cause);
                await leavesNothing(stack);
            }
        }),
    );

    it(
        "because docker has a context with the builder's name reports the context",
        withStack(async (stack) => {
            const { unique } = stack;
            await isolateDockerConfig(stack);
            await createContext(stack, unique, "unix:///var/run/docker.sock");
            await program(stack, {});
            assert.match(
                await stack.failing("up"),
                /cannot be created: docker has a context of that name, .* Choose another name/,
            );
            await leavesNothing(stack);

            const other = `${unique}-b`;
            await program(stack, { name: other, endpoint: unique });
            await stack.up();
            const record = await stack.record(other);
            assert.equal((record.Nodes as { Endpoint: string }[])[0]?.Endpoint, unique);
            assert.ok(await inspectContainer(containerOf(other)));
        }),
    );
});
