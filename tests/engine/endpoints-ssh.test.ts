import { strict as assert } from "node:assert";
import { writeFile } from "node:fs/promises";
import { inspectContainer, leftovers } from "../support/docker";
import { contextNames, createContext, isolateDockerConfig } from "../support/dockerConfig";
import { second } from "../support/engines";
import { build, context } from "../support/image";
import { withProject } from "../support/project";
import { startProxy } from "../support/proxy";
import { startSshd } from "../support/sshd";

describe("an engine behind ssh", () => {
    it(
        "is reached with the user's keys, known_hosts and agent, by host and by context, and buildx builds on it",
        withProject(async (project) => {
            await isolateDockerConfig(project);
            const sshd = await startSshd(project.folder, second.host);
            try {
                Object.assign(project.env, sshd.env);
                const byContext = `${project.unique}-ssh`;
                await createContext(project, byContext, sshd.host);
                const program = `
                    const state = new buildx.BuildKitState("cache", { builderName: unique, endpoint: "${sshd.host}" });
                    new buildx.BuildxBuilder("host", { state });
                    new buildx.BuildxBuilder("context", { name: unique + "-b", endpoint: "${byContext}" });
                    exports.mountpoint = state.mountpoint;`;
                await project.program(program);
                await project.up();
                const names = [project.unique, `${project.unique}-b`];
                const folder = await context(project);
                for (const [index, name] of names.entries()) {
                    const [node] = (await project.record(name)).Nodes as { Endpoint: string }[];
                    assert.equal(node?.Endpoint, [sshd.host, byContext][index]);
                    const container = `buildx_buildkit_${name}0`;
                    assert.equal((await inspectContainer(container, second.host))?.State.Running, true);
                    assert.equal(await inspectContainer(container), undefined);
                    await build(project, name, folder);
                }
                assert.deepEqual(await contextNames(project), [byContext]); // ssh needs none of the builder's own

                // With no key file but an agent that has the key.
                Object.assign(project.env, await sshd.agent());
                // And a program that asks is not kept from ending by its connection.
                const ask = "buildx.getBuilder({ name: unique }).then(({ status }) => console.log('it is', status));";
                await project.program(program + ask);
                assert.match((await project.preview("--expect-no-changes")).output, /it is running/);
                project.env.SSH_AUTH_SOCK = "";
                assert.match(
                    await project.failing("refresh"),
                    /Permission denied \(publickey\)\. .*add the key to the agent/,
                );

                Object.assign(project.env, sshd.env);
                await sshd.changeHostKey();
                const changed = await project.failing("refresh");
                assert.match(changed, /the host key differs from the key in known_hosts .* ssh-keygen -R "\[127/);
                await writeFile(sshd.knownHosts, "");
                assert.match(
                    await project.failing("refresh"),
                    /the host key is not in known_hosts .*Connect once with ssh/,
                );
                await sshd.accept();
                await project.destroy();
                assert.deepEqual(await leftovers(project.unique, second.host), []);
                assert.deepEqual(await project.records(), []);
            } finally {
                await sshd.remove();
            }
        }),
    );

    it(
        "that goes away in the middle of a creation is named, and the next up completes",
        withProject(async (project) => {
            const proxy = await startProxy(project.folder, "proxy", second.host);
            const sshd = await startSshd(project.folder, proxy.host);
            try {
                Object.assign(project.env, sshd.env);
                await project.program(
                    `new buildx.BuildxBuilder("b", { name: unique, endpoint: "${sshd.host}", driverOpts: { memory: "512m" } });`,
                );
                let isGone: Promise<void> | undefined;
                proxy.decide = async (call) => {
                    if (!call.endsWith("/start")) return "pass";
                    isGone ??= sshd.stop();
                    await isGone;
                    return "refuse";
                };
                const start = performance.now();
                const output = await project.failing("up");
                assert.ok(performance.now() - start < 20_000);
                assert.ok(isGone);
                const host = sshd.host.replace(/^ssh:\/\//, "ssh:\\/\\/");
                assert.match(
                    output,
                    new RegExp(`buildx_buildkit_${project.unique}0 cannot be started on ${host}: ssh: `),
                );
                assert.match(
                    await project.failing("refresh"),
                    new RegExp(`no Docker engine responds at ${host} .*refused`),
                );

                proxy.decide = () => "pass";
                await sshd.start();
                await project.refresh();
                await project.up();
                const [{ id, initErrors } = assert.fail("the state does not know it")] = await project.state();
                assert.deepEqual([id, initErrors], [project.unique, undefined]);
                assert.equal(
                    (await inspectContainer(`buildx_buildkit_${project.unique}0`, second.host))?.HostConfig.Memory,
                    512 * 1024 ** 2,
                );
                await project.destroy();
                assert.deepEqual(await leftovers(project.unique, second.host), []);
            } finally {
                await sshd.remove();
                await proxy.stop();
            }
        }),
    );
});
