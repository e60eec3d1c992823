import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectContainer } from "../support/docker";
import { context } from "../support/image";
import { withProject } from "../support/project";

const login = '{\n  "auths": {\n    "registry.example": { "auth": "aHVzaDpodXNo" }\n  }\n}\n';

/** Arguments that people have, by the name of a builder each. */
const builders: Record<string, object> = {
    one: {
        buildkitdConfig: '[worker.oci]\n  max-parallelism = 1\n[registry."ghcr.io"]\n  mirrors = []\n',
        driverOpts: { memory: "4294967296", memorySwap: "4294967296", env: { NO_PROXY: "localhost,127.0.0.1" } },
    },
    older: {
        buildkitdConfig: `
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
    both: { buildkitdConfig: 'insecure-entitlements = ["network.host", "security.insecure"]' },
    named: { nodes: [{ name: "NODE" }] },
};

describe("what people write", () => {
    it(
        "boots, with its warnings, and an image whose state lies elsewhere is told of",
        withProject(async (project) => {
            const { unique } = project;
            const image = `${unique}:elsewhere`;
            const folder = await context(
                project,
                'FROM moby/buildkit:buildx-stable-1\nENTRYPOINT ["buildkitd", "--root", "/elsewhere"]\n',
            );
            await docker(["buildx", "build", "--builder", "default", "--load", "--tag", image, folder]);
            try {
                const all = { ...builders, image: { driverOpts: { image } } };
                const programs = Object.entries(all).map(([name, args]) => {
                    const given = JSON.stringify({ name: `${unique}${name}`, ...args }).replace(
                        "NODE",
                        `${unique}cuda`,
                    );
                    return `new buildx.BuildxBuilder("${name}", ${given});`;
                });
                await project.program(`${programs.join("\n")}
                    new buildx.BuildxBuilder("login", {
                        name: unique + "login",
                        driverOpts: { env: { DOCKER_AUTH_CONFIG: pulumi.secret(${JSON.stringify(login)}) } },
                    });`);
                const output = (await project.up()).output.replace(/\s+/g, " ");
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
                const refused = await context(project, "FROM scratch\nCOPY busybox /bin/sh\nRUN --network=host true\n");
                await assert.rejects(
                    project.buildx("build", "--builder", `${unique}none`, "--allow", "network.host", refused),
                    /network.host is not allowed/,
                );

                const withLogin = await inspectContainer(container("login"));
                assert.ok(withLogin?.Config.Env.includes(`DOCKER_AUTH_CONFIG=${login}`));
                const state = await readFile(join(project.backend, ".pulumi/stacks", unique, "test.json"), "utf8");
                assert.ok(!state.includes("aHVzaDpodXNo"));
                const [node] = (await project.record(`${unique}named`)).Nodes as [{ Name: string }];
                assert.equal(node.Name, `${unique}cuda`);
                assert.ok(await inspectContainer(container("", "cuda")));

                await project.refresh("--expect-no-changes");
                await project.preview("--expect-no-changes");
                await project.destroy();
            } finally {
                await docker(["image", "rm", "--force", image]);
            }
        }),
    );
});
