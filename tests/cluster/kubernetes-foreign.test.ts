/** Builders of the `kubernetes` driver that buildx or another resource created. */
import { strict as assert } from "node:assert";
import { buildkitImage, describeOnCluster, testCluster } from "../support/cluster";
import { build, context } from "../support/image";
import { does, farm, firstNode, found, inCluster } from "../support/kubernetesStack";

/** A StatefulSet as a Helm chart or `@pulumi/kubernetes` may have it. */
const statefulSet = (name: string, labels: object = { app: name }) => ({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name },
    spec: {
        serviceName: name,
        selector: { matchLabels: labels },
        template: {
            metadata: { labels },
            spec: {
                terminationGracePeriodSeconds: 1,
                containers: [{ name: "daemon", image: buildkitImage, securityContext: { privileged: true } }],
            },
        },
    },
});

describeOnCluster("a workload of another resource", () => {
    it(
        "is used as it is, and stays when the builder is removed",
        inCluster(async ({ stack, namespace, place }) => {
            const { unique: name } = stack;
            await namespace.apply(statefulSet("own"));
            const { metadata } = await found(namespace, "StatefulSet", "own");
            await does(stack, { name, ...place, workload: "own" }, "create");
            const node = await firstNode(stack);
            assert.deepEqual(
                [node.name, node.workload, node.kind, node.pods],
                ["own", "own", "StatefulSet", ["own-0"]],
            );
            await build(stack, name, await context(stack));
            await stack.destroy();
            const after = await found(namespace, "StatefulSet", "own");
            assert.deepEqual([after.metadata.uid, after.metadata.generation], [metadata.uid, metadata.generation]);
            assert.deepEqual(await stack.records(), []);
        }),
    );

    it(
        "is refused if it does not exist, or if buildx would not find its pods",
        inCluster(async ({ stack, namespace, place }) => {
            const { unique: name } = stack;
            await stack.program(farm({ name, ...place, workload: "own" }));
            assert.match(await stack.failing("up"), /the workload "own" does not exist/);
            await namespace.apply(statefulSet("own", { role: "builder" }));
            assert.match(await stack.failing("up"), /Add the label to its pod template: \{ app: "own" \}/);
        }),
    );
});

describeOnCluster("a builder of docker buildx create --driver kubernetes", () => {
    it(
        "is adopted with its claims, but only if the program says so",
        inCluster(async ({ stack, namespace, place }) => {
            const { unique: name } = stack;
            stack.env.KUBECONFIG = testCluster.kubeconfig;
            const options = [`namespace=${namespace.name}`, "persistent-volume-claim.requests.storage=1Gi"];
            await stack.buildx(
                ...["create", "--name", name, "--node", `${name}0`, "--driver", "kubernetes", "--bootstrap"],
                ...options.map((option) => `--driver-opt=${option}`),
            );
            const folder = await context(stack);
            await build(stack, name, folder);
            delete stack.env.KUBECONFIG;
            const args = { name, ...place, persistentVolumeClaim: { storage: "1Gi" } };
            await stack.program(farm(args));
            assert.match(await stack.failing("up"), /already exists in .*Set adopt: true/);
            await does(stack, { ...args, adopt: true }, "create");
            assert.equal((await build(stack, name, folder)).cached, 3);
            // The claims are the builder's now. `docker buildx rm` would have kept them.
            await does(stack, { ...args, adopt: true, keepState: true }, "update");
            await stack.destroy();
            assert.match((await namespace.names(["PersistentVolumeClaim"])).join(), /\/buildkitd-/);
        }),
    );

    it(
        "finds a workload of this package as its own, and creates the same again if it is gone",
        inCluster(async ({ stack, namespace, place }) => {
            const { unique: name } = stack;
            const args = { name, ...place, labels: { team: "ci" }, env: { A: "b" }, replicas: 1 };
            await does(stack, args, "create");
            const { name: node } = await firstNode(stack);
            assert.match(await stack.buildx("inspect", name), /Status: +running/);
            await namespace.delete("Deployment", node);
            await stack.buildx("inspect", "--bootstrap", name);
            const { spec } = await found(namespace, "Deployment", node);
            const { labels } = spec.template.metadata;
            assert.deepEqual(labels, { app: node, team: "ci" });
            assert.deepEqual(spec.template.spec.containers[0]?.env, [{ name: "A", value: "b" }]);
            await stack.refresh();
            await stack.up();
            await stack.refresh();
            await stack.preview("--expect-no-changes");
            await build(stack, name, await context(stack));
        }),
    );
});
