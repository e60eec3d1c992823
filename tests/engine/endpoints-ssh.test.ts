import { strict as assert } from "node:assert";
import { writeFile } from "node:fs/promises";
import { inspectContainer, leftovers } from "../support/docker";
import { contextNames, createContext, isolateDockerConfig } from "../support/dockerConfig";
import { second } from "../support/engines";
import { build, context } from "../support/image";
import { builder, resources, state } from "../support/program";
import { startProxy } from "../support/proxy";
import { run } from "../support/run";
import { startSshd } from "../support/sshd";
import { withStack } from "../support/stack";
import { containerOf } from "../support/state";

describe("an engine behind ssh", () => {
    it(
        "is reached with the user's keys, known_hosts and agent, by host and by context, and buildx builds on it",
        withStack(async (stack) => {
            await isolateDockerConfig(stack);
            const sshd = await startSshd(stack.folder, second.host);
            try {
                Object.assign(stack.env, sshd.env);
                const byContext = `${stack.unique}-ssh`;
                await createContext(stack, byContext, sshd.host);
                await stack.program(
                    resources({
                        cache: state({ builderName: stack.unique, endpoint: sshd.host }),
                        host: builder({ state: "${cache}" }),
                        context: builder({ name: `${stack.unique}-b`, endpoint: byContext }),
                    }),
                );
                await stack.up();
                const names = [stack.unique, `${stack.unique}-b`];
                const folder = await context(stack);
                for (const [index, name] of names.entries()) {
                    const [node] = (await stack.record(name)).Nodes as { Endpoint: string }[];
                    assert.equal(node?.Endpoint, [sshd.host, byContext][index]);
                    assert.equal((await inspectContainer(containerOf(name), second.host))?.State.Running, true);
                    assert.equal(await inspectContainer(containerOf(name)), undefined);
                    await build(stack, name, folder);
                }
                assert.deepEqual(await contextNames(stack), [byContext]); // for ssh, the builder creates no context

                // The agent has the key, and there is no key file.
                Object.assign(stack.env, await sshd.agent());
                await stack.preview("--expect-no-changes");
                // The connection does not keep a program from exiting.
                const ask = `require("pulumi-buildx").getBuilder({ name: "${stack.unique}" }).then(console.log)`;
                const { output } = await run("node", ["-e", ask], { cwd: stack.folder, env: stack.env });
                assert.match(output, /status: 'running'/);
                stack.env.SSH_AUTH_SOCK = "";
                assert.match(
                    await stack.failing("refresh"),
                    /Permission denied \(publickey\)\. .*add the key to the agent/,
                );

                Object.assign(stack.env, sshd.env);
                await sshd.changeHostKey();
                const changed = await stack.failing("refresh");
                assert.match(changed, /the host key differs from the key in known_hosts .* ssh-keygen -R "\[127/);
                await writeFile(sshd.knownHosts, "");
                assert.match(
                    await stack.failing("refresh"),
                    /the host key is not in known_hosts .*Connect once with ssh/,
                );
                await sshd.accept();
                await stack.destroy();
                assert.deepEqual(await leftovers(stack.unique, second.host), []);
                assert.deepEqual(await stack.records(), []);
            } finally {
                await sshd.remove();
            }
        }),
    );

    it(
        "that stops during a creation is named, and the next up completes",
        withStack(async (stack) => {
            const proxy = await startProxy(stack.folder, "proxy", second.host);
            const sshd = await startSshd(stack.folder, proxy.host);
            try {
                Object.assign(stack.env, sshd.env);
                const args = { name: stack.unique, endpoint: sshd.host, driverOpts: { memory: "512m" } };
                await stack.program(resources({ b: builder(args) }));
                let isGone: Promise<void> | undefined;
                proxy.decide = async (call) => {
                    if (!call.endsWith("/start")) return "pass";
                    isGone ??= sshd.stop();
                    await isGone;
                    return "refuse";
                };
                const start = performance.now();
                const output = await stack.failing("up");
                assert.ok(performance.now() - start < 20_000);
                assert.ok(isGone);
                const host = sshd.host.replace(/^ssh:\/\//, "ssh:\\/\\/");
                assert.match(
                    output,
                    new RegExp(`buildx_buildkit_${stack.unique}0 cannot be started on ${host}: ssh: `),
                );
                assert.match(
                    await stack.failing("refresh"),
                    new RegExp(`no Docker engine responds at ${host} .*refused`),
                );

                proxy.decide = () => "pass";
                await sshd.start();
                await stack.refresh();
                await stack.up();
                const [{ id, initErrors } = assert.fail("the state does not know it")] = await stack.state();
                assert.deepEqual([id, initErrors], [stack.unique, undefined]);
                assert.equal(
                    (await inspectContainer(containerOf(stack.unique), second.host))?.HostConfig.Memory,
                    512 * 1024 ** 2,
                );
                await stack.destroy();
                assert.deepEqual(await leftovers(stack.unique, second.host), []);
            } finally {
                await sshd.remove();
                await proxy.stop();
            }
        }),
    );
});
