/** The life of a builder of the `kubernetes` driver in a real cluster. */
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { waitUntilGone } from "../../provider/cluster/apply";
import { adminToken, describeOnCluster, testCluster } from "../support/cluster";
import { build, context } from "../support/image";
import { does, farm, type FarmOutputs, firstNode, found, inCluster, longBuildIn } from "../support/kubernetesStack";

describeOnCluster("a builder of the kubernetes driver", () => {
    it(
        "is created, builds, is updated in place, and is removed without a trace",
        inCluster(async ({ stack, namespace, place }) => {
            const { unique: name } = stack;
            await does(stack, { name, ...place, use: true, requirePlatforms: ["linux/amd64"] }, "create");
            const shown = await stack.outputs<FarmOutputs>();
            assert.match(shown.buildkitVersion, /^v\d+\.\d+/);
            assert.deepEqual([shown.name, shown.status], [name, "running"]);
            const [node] = shown.nodes;
            assert.deepEqual(
                [node?.name, node?.namespace, node?.workload, node?.kind, node?.pods.length],
                [`${name}0`, namespace.name, `${name}0`, "Deployment", 1],
            );
            const folder = await context(stack);
            await build(stack, name, folder);
            assert.match(await stack.buildx("ls"), new RegExp(`^${name}\\* `, "m"));
            const kubeconfig = join(stack.store, "pulumi-buildx-kubeconfigs", name, `${name}0.yaml`);
            assert.equal((await stat(kubeconfig)).mode & 0o777, 0o600);

            const before = await firstNode(stack);
            await does(stack, { name, ...place, replicas: 2, loadbalance: "random" }, "update");
            const more = await firstNode(stack);
            assert.ok(more.pods.length === 2 && more.pods.includes(before.pods[0] ?? ""), more.pods.join());
            assert.doesNotMatch(await stack.buildx("ls"), new RegExp(`^${name}\\* `, "m"));

            await does(stack, { name, ...place, labels: { team: "ci" }, env: { A: "b" } }, "update");
            const after = await firstNode(stack);
            assert.equal(after.pods.length, 1);
            assert.ok(!more.pods.includes(after.pods[0] ?? ""));
            await build(stack, name, folder);
            const record = (await stack.record(name)) as { Nodes: { DriverOpts: Record<string, string> }[] };
            assert.deepEqual(record.Nodes[0]?.DriverOpts, {
                "env.A": "b",
                labels: "team=ci",
                namespace: namespace.name,
            });

            await stack.destroy();
            assert.deepEqual(await namespace.names(["Deployment", "ConfigMap"], "app"), []);
            assert.deepEqual(await stack.records(), []);
            await assert.rejects(readdir(join(stack.store, "pulumi-buildx-kubeconfigs")));
        }),
    );

    it(
        "keeps its cache on claims through every change, and removes the claims with it",
        inCluster(async ({ stack, namespace, place }) => {
            const { unique: name } = stack;
            const args = { name, ...place, persistentVolumeClaim: { storage: "1Gi" } };
            await does(stack, args, "create");
            assert.deepEqual((await firstNode(stack)).claims, [`buildkitd-${name}0-0`]);
            const folder = await context(stack);
            await build(stack, name, folder);
            const uid = async () =>
                (await found(namespace, "PersistentVolumeClaim", `buildkitd-${name}0-0`)).metadata.uid;
            const claim = await uid();

            // The pods are new, and the configuration is mounted beside the claim.
            await does(stack, { ...args, buildkitdConfig: "debug = true\n" }, "update");
            assert.equal((await build(stack, name, folder)).cached, 3);
            const [pod = ""] = (await firstNode(stack)).pods;
            assert.match(await namespace.exec(pod, "cat", "/etc/buildkit/buildkitd.toml"), /debug = true/);

            // Kubernetes does not change the size in the template of a StatefulSet.
            await does(stack, { ...args, persistentVolumeClaim: { storage: "2Gi" } }, "update");
            assert.equal((await build(stack, name, folder)).cached, 3);
            assert.equal(await uid(), claim);
            assert.deepEqual(await namespace.names(["ConfigMap"], `app=${name}0`), []);

            await stack.destroy();
            assert.deepEqual(await namespace.names(["StatefulSet", "PersistentVolumeClaim"]), []);
        }),
    );

    it(
        "keeps claims with keepState, and claims that were there before",
        inCluster(async ({ stack, namespace, place }) => {
            const { unique: name } = stack;
            const args = { name, ...place, persistentVolumeClaim: { storage: "1Gi" } };
            const claims = () => namespace.names(["PersistentVolumeClaim"]);
            const folder = await context(stack);
            await does(stack, { ...args, keepState: true }, "create");
            await build(stack, name, folder);
            await stack.destroy();
            assert.deepEqual(await claims(), [`PersistentVolumeClaim/buildkitd-${name}0-0`]);
            await does(stack, args, "create");
            assert.equal((await build(stack, name, folder)).cached, 3);
            await stack.destroy();
            assert.deepEqual(await claims(), [`PersistentVolumeClaim/buildkitd-${name}0-0`]);
        }),
    );

    it(
        "drains running builds before it ends their pod, also if Kubernetes ends the pod",
        inCluster(async (all) => {
            const { stack, namespace, place } = all;
            const { unique: name } = stack;
            const args = { name, ...place, persistentVolumeClaim: { storage: "1Gi" } };
            // Without a preStop hook, only the update itself waits for builds.
            const container = { name: "buildkitd", lifecycle: { $patch: "replace" } };
            const podTemplate = { spec: { terminationGracePeriodSeconds: 1, containers: [container] } };
            await does(stack, { ...args, podTemplate }, "create");
            const [pod = ""] = (await firstNode(stack)).pods;
            const first = await longBuildIn(all, name, pod);
            await stack.program(farm(args));
            let isUpdated = false;
            const update = stack.up().finally(() => (isUpdated = true));
            const isWaiting = () => stack.log.some(({ text }) => text.includes("waiting for 1 running build"));
            while (!isUpdated && !isWaiting()) await sleep(100);
            assert.ok(!isUpdated, "the update did not wait for the build");
            await first.finish();
            assert.match(await first.ended, / finished [0-9a-f]{8}$/m);
            await update;

            const second = await longBuildIn(all, name, pod);
            const removed = namespace.delete("Pod", pod);
            await sleep(3000);
            assert.ok((await found(namespace, "Pod", pod)).metadata.deletionTimestamp);
            await second.finish();
            assert.match(await second.ended, / finished [0-9a-f]{8}$/m);
            await removed;
        }),
    );

    it(
        "gives clients the time to close their connection before buildkitd stops",
        inCluster(async ({ stack, namespace, place }) => {
            await stack.program(farm({ name: stack.unique, ...place }));
            await stack.up();
            const [pod = ""] = (await firstNode(stack)).pods;
            const reference = { kind: "Pod", namespace: namespace.name, name: pod } as const;
            const { metadata } = await found(namespace, "Pod", pod);
            // As buildx connects.
            const args = ["--kubeconfig", testCluster.kubeconfig, "--namespace", namespace.name, "exec", "-i", pod];
            const client = spawn(testCluster.kubectl, [...args, "--", "buildctl", "dial-stdio"]);
            try {
                while (!(await namespace.exec(pod, "ps")).includes("buildctl dial-stdio")) await sleep(100);
                await namespace.delete("Pod", pod, { waits: false });
                await sleep(3000);
                await namespace.exec(pod, "buildctl", "debug", "workers");
            } finally {
                client.kill();
            }
            await waitUntilGone(namespace.cluster, reference, { uid: metadata.uid, timeout: 20 });
        }),
    );

    it(
        "leaves the fields of others alone, and puts right what is its own",
        inCluster(async ({ stack, namespace, place }) => {
            const { unique: name } = stack;
            const args = { name, ...place, replicas: 1, env: { A: "b" } };
            await does(stack, args, "create");
            const { name: node } = await firstNode(stack);

            // As an autoscaler does it, and `kubectl rollout restart`.
            await namespace.kubectl("scale", "deployment", node, "--replicas=2");
            await namespace.kubectl("annotate", "deployment", node, "example.com/a=b");
            await namespace.rolledOut("Deployment", node);
            await stack.refresh();
            await stack.preview("--expect-no-changes");
            await stack.program(farm({ ...args, env: { A: "c" } }));
            await stack.up();
            const scaled = await found(namespace, "Deployment", node);
            assert.equal(scaled.spec.replicas, 2);
            assert.equal(scaled.metadata.annotations?.["example.com/a"], "b");
            await stack.program(farm({ ...args, replicas: 3, env: { A: "c" } }));
            await stack.up();
            assert.equal((await found(namespace, "Deployment", node)).spec.replicas, 3);

            await namespace.kubectl("set", "env", `deployment/${node}`, "A=d");
            await stack.preview("--expect-no-changes"); // which asks the cluster nothing
            await stack.refresh();
            assert.match(
                (await stack.preview()).output,
                /the Deployment .* differs in spec\.template\.spec\.containers\[buildkitd\]/,
            );
            await stack.up();
            await namespace.delete("Deployment", node);
            await stack.refresh();
            await stack.up();
            assert.equal((await found(namespace, "Deployment", node)).status.readyReplicas, 3);
            await stack.refresh();
            await stack.preview("--expect-no-changes");
        }),
    );

    it(
        "has a record that is pinned to its context, and that another machine writes again",
        inCluster(async ({ stack, namespace, place }) => {
            const { unique: name } = stack;
            const kubeconfig = await namespace.kubeconfig({ server: "https://127.0.0.1:1" }, {});
            const real = await readFile(testCluster.kubeconfig, "utf8");
            await does(stack, { name, namespace: place.namespace, kubeconfig: real }, "create");
            // Whatever the current context is when buildx builds.
            stack.env.KUBECONFIG = kubeconfig;
            const folder = await context(stack);
            await build(stack, name, folder);
            const token = await adminToken();
            assert.ok(!stack.log.some((entry) => entry.text.includes(token)), "a message has a secret");
            delete stack.env.KUBECONFIG;

            await rm(stack.store, { recursive: true });
            await stack.up();
            await build(stack, name, folder);
        }),
    );

    it(
        "has several nodes, each a workload of its own",
        inCluster(async ({ stack, namespace, place }) => {
            const { unique: name } = stack;
            const nodes = [{ platforms: ["linux/amd64"] }, { name: `${name}-x`, env: { B: "c" } }];
            await does(stack, { name, ...place, nodes }, "create");
            const shown = await stack.outputs<FarmOutputs>();
            assert.deepEqual(
                shown.nodes.map(({ name: node, status }) => [node, status]),
                [
                    [`${name}0`, "running"],
                    [`${name}-x`, "running"],
                ],
            );
            await build(stack, name, await context(stack));
            const uid = async () => (await found(namespace, "Deployment", `${name}0`)).metadata.uid;
            const before = await uid();
            await does(stack, { name, ...place, nodes: nodes.slice(0, 1) }, "update");
            assert.equal(await uid(), before);
            assert.deepEqual(await namespace.names(["Deployment"]), [`Deployment/${name}0`]);
        }),
    );
});
