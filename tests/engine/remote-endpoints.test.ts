/** Each kind of endpoint of a `RemoteBuilder`. */
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { buildctlOf, startBuildkitd } from "../support/buildkitd";
import { createContext, isolateDockerConfig } from "../support/dockerConfig";
import { startGrpcProxy } from "../support/grpcProxy";
import { build, context } from "../support/image";
import { remote, resources } from "../support/program";
import { startSshd } from "../support/sshd";
import { withStack } from "../support/stack";

const first = "unix:///var/run/docker.sock";

describe("a builder of the remote driver is reached", () => {
    it(
        "at a socket and in a container, on the docker CLI's engine and on the engine of a context",
        withStack(async (stack) => {
            const { unique } = stack;
            const daemon = await startBuildkitd(stack, "d");
            await isolateDockerConfig(stack);
            const far = `${unique}-far`;
            await createContext(stack, far, first);
            const endpoints = {
                socket: daemon.unix,
                container: `docker-container://${daemon.container}`,
                context: `docker-container://${daemon.container}?context=${far}`,
            };
            const builders = Object.entries(endpoints).map(([kind, endpoint]) => {
                return [kind, remote({ name: `${unique}-${kind}`, endpoint })] as const;
            });
            await stack.program(
                resources(Object.fromEntries(builders), {
                    socket: "${socket.platforms}",
                    container: "${container.platforms}",
                }),
            );
            await stack.up();
            const { socket, container } = await stack.outputs<Record<string, string[]>>();
            assert.deepEqual(socket, container);
            assert.equal(socket?.[0], "linux/amd64");
            const folder = await context(stack);
            for (const kind of Object.keys(endpoints)) await build(stack, `${unique}-${kind}`, folder);
            await stack.preview("--expect-no-changes");
            await stack.refresh("--expect-no-changes");
        }),
    );

    it(
        "behind a proxy that routes requests by their authority, as buildx sends it",
        withStack(async (stack) => {
            const { unique: name } = stack;
            const daemon = await startBuildkitd(stack, "d");
            const proxy = await startGrpcProxy(daemon.unix.replace("unix://", ""));
            try {
                await stack.program(resources({ far: remote({ name, endpoint: `tcp://${proxy.host}` }) }));
                await stack.up();
                const ours = [...proxy.authorities];
                await stack.buildx("inspect", name);
                assert.deepEqual([...new Set(ours)], [proxy.host]);
                assert.deepEqual([...new Set(proxy.authorities.slice(ours.length))], [proxy.host]);
            } finally {
                proxy.close();
            }
        }),
    );

    it(
        "in a container that the program has not started yet, and one that is missing is named",
        withStack(async (stack) => {
            const daemon = await startBuildkitd(stack, "d", { isStopped: true });
            const endpoint = `docker-container://${daemon.container}`;
            await stack.program(resources({ far: remote({ endpoint }) }));
            const [{ output }] = await Promise.all([
                stack.up(),
                new Promise((resolve) => setTimeout(resolve, 1500)).then(daemon.start),
            ]);
            assert.match(output, /container \w+ is not running\. Retrying/);
            await stack.destroy();
            await stack.program(resources({ far: remote({ endpoint: `${endpoint}-no`, bootTimeout: 1 }) }));
            assert.match(await stack.failing("up"), /No such container: \S+-no\. Start buildkitd there/);
            await stack.program(resources({ far: remote({ endpoint: `${endpoint}?context=no` }) }));
            assert.match(await stack.failing("up"), /endpoint "no" .* is neither a host URL .* nor a docker context/);
        }),
    );

    it(
        "over ssh, with the user's keys and known_hosts",
        withStack(async (stack) => {
            const { unique: name } = stack;
            const daemon = await startBuildkitd(stack, "d");
            const sshd = await startSshd(stack.folder, first, await buildctlOf(stack, daemon));
            try {
                Object.assign(stack.env, sshd.env);
                await stack.program(resources({ far: remote({ name, endpoint: sshd.host, bootTimeout: 5 }) }));
                await stack.up();
                await build(stack, name, await context(stack));
                await stack.preview("--expect-no-changes");

                await daemon.stop();
                assert.match((await stack.refresh()).output, /shown as inactive: .* is not running/);
                await stack.destroy();
                await daemon.start();
                await sshd.changeHostKey();
                const start = performance.now();
                assert.match(await stack.failing("up"), /the host key differs from the key in known_hosts/);
                assert.ok(performance.now() - start < 5_000);
                assert.deepEqual(await stack.records(), []);

                await sshd.accept();
                await stack.program(
                    resources({ far: remote({ name, endpoint: `${sshd.host}/run/no.sock`, bootTimeout: 1 }) }),
                );
                assert.match(await stack.failing("up"), /dial unix \/run\/no\.sock.*Waited for 1 s \(bootTimeout\)/);
            } finally {
                await sshd.remove();
            }
        }),
    );

    it(
        "in a pod with kubectl, whose absence and whose missing cluster are named at once",
        withStack(async (stack) => {
            const endpoint = "kube-pod://buildkitd-0?namespace=builds";
            await stack.program(resources({ far: remote({ endpoint }) }));
            Object.assign(stack.env, { KUBECONFIG: join(stack.folder, "no-config") });
            const start = performance.now();
            const failed = await stack.failing("up");
            assert.match(
                failed,
                /kubectl (is not on the PATH\. Install kubectl|has no cluster \(.*\)\. Set KUBECONFIG)/,
            );
            Object.assign(stack.env, { PATH: join(process.execPath, "..") });
            assert.match(await stack.failing("up"), /kubectl is not on the PATH\. Install kubectl/);
            assert.ok(performance.now() - start < 15_000);
            assert.deepEqual(await stack.records(), []);
        }),
    );
});
