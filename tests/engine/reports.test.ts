import { strict as assert } from "node:assert";
import { docker, inspectContainer } from "../support/docker";
import { context } from "../support/image";
import { builder, resources, secretValue } from "../support/program";
import { withStack } from "../support/stack";

const login = '{\n  "auths": {\n    "registry.example": { "auth": "aHVzaDpodXNo" }\n  }\n}\n';

/** Arguments that people use, by the name of a builder. */
const builders: Record<string, object> = {
    one: {
        buildkitdToml: '[worker.oci]\n  max-parallelism = 1\n[registry."ghcr.io"]\n  mirrors = []\n',
        driverOpts: { memory: "4294967296", memorySwap: "4294967296", env: { NO_PROXY: "localhost,127.0.0.1" } },
    },
    older: {
        buildkitdToml: `
            [worker.oci]
              gc = true
            [[worker.oci.gcpolicy]]
              keepBytes = 10240000000
              keepDuration = 604800
              filters = ["type==source.local", "type==exec.cachemount", "type==source.git.checkout"]
            [[worker.oci.gcpolicy]]
              all = true
              keepBytes = 40000`,
    },
    none: {
        buildkitdConfig: {
            entitlements: [],
            grpc: { address: ["unix:///run/buildkit/buildkitd.sock", "tcp://127.0.0.1:1234"] },
        },
        gc: { minFreeSpace: "1GB", maxUsedSpace: "20GB" },
        buildkitdFlags: ["--root", "/var/lib/buildkit/sub"],
    },
    both: { buildkitdToml: 'insecure-entitlements = ["network.host", "security.insecure"]' },
};

describe("arguments that people use", () => {
    it(
        "boot a builder, with warnings about sizes without a unit and about an image with its state elsewhere",
        withStack(async (stack) => {
            const { unique } = stack;
            const image = `${unique}:elsewhere`;
            const folder = await context(
                stack,
                'FROM moby/buildkit:buildx-stable-1\nENTRYPOINT ["buildkitd", "--root", "/elsewhere"]\n',
            );
            await docker(["buildx", "build", "--builder", "default", "--load", "--tag", image, folder]);
            try {
                const all = { ...builders, image: { driverOpts: { image } } };
                const named = Object.entries(all).map(
                    ([name, args]) => [name, builder({ name: `${unique}${name}`, ...args })] as const,
                );
                const env = { DOCKER_AUTH_CONFIG: secretValue(login) };
                await stack.program(
                    resources({
                        ...Object.fromEntries(named),
                        named: builder({ name: `${unique}named`, nodes: [{ name: `${unique}cuda` }] }),
                        login: builder({ name: `${unique}login`, driverOpts: { env } }),
                    }),
                );
                const { output } = await stack.up();
                const times = (text: string) => output.split(text).length - 1;
                const container = (name: string, node = `${name}0`) => `buildx_buildkit_${unique}${node}`;
                assert.ok(
                    times(
                        '40000 means bytes because it has no unit, which is probably too small. For megabytes, write "40000MB"',
                    ),
                );
                const outside = `buildkitd in ${container("image")} on `;
                assert.ok(output.includes(outside), output);
                assert.ok(times("does not keep its state in the state volume") === times(outside), output);
                assert.equal(times("is old:"), 0, output);

                const ask = async (name: string) => {
                    const workers = ["buildctl", "debug", "workers", "--format", "{{json .}}"];
                    const [{ gcPolicy }] = JSON.parse(await docker(["exec", container(name), ...workers])) as [
                        { gcPolicy: Record<string, unknown>[] },
                    ];
                    return gcPolicy;
                };
                const [first, last] = await ask("older");
                assert.equal(first?.reservedSpace, 10240000000);
                assert.equal(first.keepDuration, 604800e9);
                assert.equal(last?.reservedSpace, 40000);
                const ladder = await ask("none");
                assert.deepEqual(
                    ladder.map(({ maxUsedSpace, minFreeSpace }) => [maxUsedSpace, minFreeSpace]),
                    [[512 * 1024 ** 2, 0], ...Array<number[]>(3).fill([20 * 1024 ** 3, 1024 ** 3])],
                );

                const one = await inspectContainer(container("one"));
                assert.equal(one?.HostConfig.Memory, 4294967296);
                assert.ok(one.Config.Env.includes("NO_PROXY=localhost,127.0.0.1"));
                const none = await inspectContainer(container("none"));
                assert.deepEqual(none?.Config.Cmd?.slice(2), ["--root", "/var/lib/buildkit/sub"]);
                const refused = await context(stack, "FROM scratch\nCOPY busybox /bin/sh\nRUN --network=host true\n");
                await assert.rejects(
                    stack.buildx("build", "--builder", `${unique}none`, "--allow", "network.host", refused),
                    /network.host is not allowed/,
                );

                const withLogin = await inspectContainer(container("login"));
                assert.ok(withLogin?.Config.Env.includes(`DOCKER_AUTH_CONFIG=${login}`));
                assert.ok(!stack.log.some(({ text }) => text.includes("aHVzaDpodXNo")));
                const [node] = (await stack.record(`${unique}named`)).Nodes as [{ Name: string }];
                assert.equal(node.Name, `${unique}cuda`);
                assert.ok(await inspectContainer(container("", "cuda")));

                await stack.refresh("--expect-no-changes");
                await stack.preview("--expect-no-changes");
                await stack.destroy();
            } finally {
                await docker(["image", "rm", "--force", image]);
            }
        }),
    );
});
