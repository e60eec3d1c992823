/** Builders in a cluster that others read, that no longer answer, and what `status` and `doctor` say about them. */
import { strict as assert } from "node:assert";
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startApiServerProxy } from "../support/apiServerProxy";
import { describeOnCluster, testCluster } from "../support/cluster";
import { doctor, find, shell, status } from "../support/cli";
import { does, firstNode, found, type InCluster, inCluster } from "../support/kubernetesStack";

interface Proxied extends InCluster {
    readonly proxy: Awaited<ReturnType<typeof startApiServerProxy>>;
}

/**
 * Runs a test whose kubeconfig goes through a proxy, so that the API server can be taken away.
 *
 * @param options.listsRequests whether the proxy lists the requests.
 */
const throughProxy = (test: (all: Proxied) => Promise<void>, { listsRequests = false } = {}) =>
    inCluster(async (all) => {
        const { cluster, server, user } = all.namespace.cluster.kubeconfig;
        const ca = listsRequests ? await readFile(cluster["certificate-authority"] as string) : undefined;
        const proxy = await startApiServerProxy(server, ca);
        try {
            const tls = { ...cluster, "tls-server-name": new URL(server).hostname };
            const kubeconfig = await all.namespace.kubeconfig({ ...(!listsRequests && tls), server: proxy.url }, user);
            await test({ ...all, place: { ...all.place, kubeconfig }, proxy });
        } finally {
            await proxy.stop();
        }
    });

describeOnCluster("a builder in a cluster", () => {
    it(
        "is read by a refresh, get and getBuilder, and stays without its cluster until deleteUnreachable is set",
        throughProxy(
            async ({ stack, namespace, place, proxy }) => {
                const { unique: name } = stack;
                await does(stack, { name, ...place }, "create");
                const record = await stack.record(name);
                const before = proxy.requests.length;
                await stack.refresh("--expect-no-changes");
                const reads = proxy.requests.slice(before).filter((request) => request.startsWith("GET "));
                assert.ok(reads.some((request) => request.includes("/pods?")));
                assert.deepEqual(reads, [...new Set(reads)], "a refresh reads an object twice");
                const { result: running } = await stack.invoke("buildx:index:getBuilder", { name: name.toUpperCase() });
                assert.deepEqual([running.name, running.status], [name, "running"]);
                const got = stack.urn("KubernetesBuilder", "other");
                const { id, properties } = await stack.read(got, name);
                const own = await stack.outputs<Record<string, unknown>>();
                for (const key of ["name", "platforms", "buildkitVersion", "status", "nodes"])
                    assert.deepEqual(properties[key], own[key], key);
                assert.equal(id, name);
                assert.deepEqual(await stack.record(name), record);
                const remote = stack.read(stack.urn("RemoteBuilder", "wrong"), name);
                await assert.rejects(remote, /its driver is kubernetes instead of remote/);

                const { workload } = await firstNode(stack);
                await proxy.stop();
                const { output: refreshed } = await stack.refresh();
                assert.match(refreshed, /node \S+ is shown as inactive: .*refused the connection/);
                const { result } = await stack.invoke("buildx:index:getBuilder", { name });
                assert.equal(result.status, "inactive");
                const output = await stack.failing("destroy");
                assert.match(output, /cannot be removed: .*refused the connection/);
                assert.match(output, /pulumi config set buildx:deleteUnreachable true/);
                assert.deepEqual(await stack.records(), [name]);

                await stack.config("buildx:deleteUnreachable", "true");
                const left = await stack.destroy();
                assert.match(left.output, /Its objects are left in the cluster/);
                assert.deepEqual(await stack.records(), []);
                assert.deepEqual(await stack.state(), []);
                assert.equal((await found(namespace, "Deployment", workload)).spec.replicas, 1);
            },
            { listsRequests: true },
        ),
    );

    it(
        "is examined by status and doctor",
        throughProxy(async ({ stack, namespace, place, proxy }) => {
            const { unique: name } = stack;
            await does(stack, { name, ...place }, "create");
            const shown = async () => {
                const [builder] = (await status(stack, name)).builders;
                return [builder?.status, builder?.resource?.name, builder?.nodes[0]?.buildkitVersion];
            };
            const { buildkitVersion } = await stack.outputs();
            assert.deepEqual(await shown(), ["running", "farm", buildkitVersion]);
            assert.deepEqual(await doctor(stack, name), []);

            const file = join(stack.store, "pulumi-buildx-kubeconfigs", name, `${name}0.yaml`);
            await chmod(file, 0o644);
            const open = await find(stack, "key-public");
            assert.equal((await shell(stack, open.mends[0]?.command ?? "")).code, 0);
            assert.deepEqual(await doctor(stack, name), []);

            const { workload } = await firstNode(stack);
            await namespace.patch("Deployment", workload, brokenImage);
            const pods = await namespace.list("Pod");
            await Promise.all(pods.map(({ metadata }) => namespace.delete("Pod", metadata.name, { grace: 1 })));
            const isRefused = async () =>
                /ErrImagePull|ImagePullBackOff/.test(JSON.stringify(await namespace.list("Pod")));
            while (!(await isRefused())) await sleep(50);
            let unready = await doctor(stack, name);
            while (!/cannot be pulled/.test(unready[0]?.found ?? "")) unready = await doctor(stack, name);
            assert.deepEqual(
                unready.map(({ kind }) => kind),
                ["pods-not-ready"],
            );
            const describe = unready[0]?.mends.find(({ command }) => command?.startsWith("kubectl"))?.command ?? "";
            const kubectl = `${testCluster.kubectl}${describe.slice("kubectl".length)}`;
            assert.match((await shell(stack, kubectl)).output, /localhost:1\/none:1/);

            await namespace.delete("Deployment", workload);
            const missing = await find(stack, "workload-missing");
            assert.match(missing.found, new RegExp(`Deployment ${workload} in the namespace ${namespace.name}`));
            assert.deepEqual((await shown())[0], "inactive");

            await proxy.stop();
            const silent = await find(stack, "cluster-unreadable");
            assert.match(silent.found, /refused the connection/);
            assert.deepEqual((await shown())[0], "unreachable");
            await stack.config("buildx:deleteUnreachable", "true");
        }),
    );
});

const brokenImage = [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: "localhost:1/none:1" }];
