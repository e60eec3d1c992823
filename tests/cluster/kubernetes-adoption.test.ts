/** Adoptions of a builder that fail, and what an adopted builder removes. */
import { strict as assert } from "node:assert";
import { type TestNamespace, describeOnCluster, testCluster } from "../support/cluster";
import { build, context } from "../support/image";
import { does, farm, found, inCluster } from "../support/kubernetesStack";
import { Stack } from "../support/stack";

/** Kubernetes refuses the image at once, so that the rest of the time limit is left for the old pods. */
const invalidImage = { image: "Not A Name" };

const cannotBePulled = /the image Not A Name cannot be pulled/;

/** A pod template that the API server refuses. */
const invalidTemplate = {
    spec: { containers: [{ name: "buildkitd", ports: [{ containerPort: 1234, protocol: "NONE" }] }] },
};

/** Creates a builder with buildx: a StatefulSet with a claim, or a Deployment with a ConfigMap. */
async function createWithBuildx(stack: Stack, namespace: TestNamespace, withClaim: boolean) {
    const { unique: name } = stack;
    const config = await namespace.write("buildkitd.toml", "debug = true\n");
    const options = [
        `namespace=${namespace.name}`,
        ...(withClaim ? ["persistent-volume-claim.requests.storage=1Gi"] : []),
    ];
    stack.env.KUBECONFIG = testCluster.kubeconfig;
    await stack.buildx(
        ...["create", "--name", name, "--node", `${name}0`, "--driver", "kubernetes", "--bootstrap"],
        ...["--buildkitd-config", config],
        ...options.map((option) => `--driver-opt=${option}`),
    );
    delete stack.env.KUBECONFIG;
}

const ownKinds = ["Deployment", "StatefulSet", "ConfigMap", "PersistentVolumeClaim"] as const;

/** What exists of a builder, without the metadata that each write changes. */
async function everything(stack: Stack, namespace: TestNamespace) {
    const items = (await Promise.all(ownKinds.map((kind) => namespace.list<Item>(kind)))).flat();
    const own = items.filter(({ metadata }) => metadata.name !== "kube-root-ca.crt");
    return {
        record: await stack.record(stack.unique),
        objects: own.map(({ kind, metadata: { name, labels, annotations }, spec, data }) => ({
            ...{ kind, name, labels, annotations, spec, data },
        })),
        claims: own.filter(({ kind }) => kind === "PersistentVolumeClaim").map(({ metadata }) => metadata.uid),
    };
}

interface Item {
    readonly kind: string;
    readonly metadata: {
        readonly name: string;
        readonly uid: string;
        readonly labels?: object;
        readonly annotations?: object;
    };
    readonly spec?: object;
    readonly data?: object;
}

const farmOf = ({ unique: name }: Stack, place: object, others: object) =>
    farm({ name, ...place, adopt: true, ...others });

describeOnCluster("a failing adoption of a builder of docker buildx create", () => {
    it(
        "says if the pods of the restored workload do not become ready",
        inCluster(async ({ stack, namespace, place }) => {
            await createWithBuildx(stack, namespace, false);
            const before = await everything(stack, namespace);
            // The pod that runs stays. No other pod can be created.
            await namespace.apply({
                apiVersion: "v1",
                kind: "ResourceQuota",
                metadata: { name: "none" },
                spec: { hard: { pods: "0" } },
            });
            await stack.program(farmOf(stack, place, { bootTimeout: 3 }));
            const failure = await stack.failing("up");
            assert.match(
                failure,
                /Deployment \S+0 in the namespace \w+ was restored, but its pods are not ready: 0 of 1 pods are ready after 3 s .*exceeded quota.*\nBuilds fail until a pod is ready\. See: kubectl --namespace \w+ describe deployment \S+0/s,
            );
            assert.deepEqual(await everything(stack, namespace), before);
            assert.deepEqual(await stack.state(), []);
            const again = await stack.failing("up");
            assert.match(
                again,
                /\S+0 in the namespace \w+ was restored\. None of its pods was ready before the adoption\./,
            );
            assert.deepEqual(await everything(stack, namespace), before);
        }),
    );

    for (const withClaim of [false, true])
        it(
            withClaim
                ? "restores its StatefulSet with its claim and its record. An adoption removes the claim with the builder"
                : "restores its Deployment with its ConfigMap and its record, or changes nothing if it is refused",
            inCluster(async ({ stack, namespace, place }) => {
                await createWithBuildx(stack, namespace, withClaim);
                const folder = await context(stack);
                await build(stack, stack.unique, folder);
                const before = await everything(stack, namespace);
                if (!withClaim) await refuses(stack, namespace, place);
                const own = { buildkitdConfig: "debug = false\n", ...invalidImage };
                const others = withClaim ? { ...own, persistentVolumeClaim: { storage: "2Gi" }, replicas: 2 } : own;
                await stack.program(farmOf(stack, place, others));
                const failure = await stack.failing("up");
                assert.match(failure, cannotBePulled);
                assert.match(failure, /\S+0 in the namespace \w+ was restored, and its pods are ready\./);
                assert.deepEqual(await everything(stack, namespace), before);
                assert.deepEqual(await stack.state(), []);
                const kind = withClaim ? "StatefulSet" : "Deployment";
                const { metadata, status } = await namespace.read(kind, `${stack.unique}0`);
                assert.equal(status?.readyReplicas, 1);
                const { cached } = await build(stack, stack.unique, folder);
                if (withClaim) assert.equal(cached, 3);
                const managers = (metadata.managedFields ?? []).map(({ manager }) => manager);
                assert.ok(managers.length > 0 && !managers.includes("pulumi-buildx"), managers.join());
                if (withClaim) await adoptsAndRemoves(stack, namespace, place);
            }),
        );
});

/** Removes nothing if the API server refuses the new workload, or a right is missing. */
async function refuses(stack: Stack, namespace: TestNamespace, place: object): Promise<void> {
    const before = await found(namespace, "Deployment", `${stack.unique}0`);
    await stack.program(farmOf(stack, place, { podTemplate: invalidTemplate }));
    const output = await stack.failing("up");
    assert.match(output, /Deployment \S+0 is not valid: .*protocol.*NONE/);
    assert.doesNotMatch(output, /0-new/);

    const verbs = ["get", "create", "patch", "delete"];
    const kubeconfig = await namespace.account("almost", [
        { group: "apps", resource: "deployments", verbs },
        { group: "apps", resource: "statefulsets", verbs },
        { group: "", resource: "configmaps", verbs: ["get", "list", "create", "patch"] },
        { group: "", resource: "pods", verbs: ["list"] },
        { group: "", resource: "pods/exec", verbs: ["get"] },
        { group: "", resource: "persistentvolumeclaims", verbs: ["list"] },
    ]);
    await stack.program(farmOf(stack, { ...place, kubeconfig }, {}));
    const denied = await stack.failing("up");
    const user = `system:serviceaccount:${namespace.name}:almost`;
    const rights = "delete configmaps, create pods/exec";
    assert.match(denied, new RegExp(`the user ${user} has no right to ${rights} in the namespace ${namespace.name}`));
    assert.match(denied, /kind: Role\n/);
    assert.match(denied, /kind: ServiceAccount, namespace: \w+, name: almost/);
    const { metadata } = await found(namespace, "Deployment", `${stack.unique}0`);
    assert.deepEqual([metadata.uid, metadata.generation], [before.metadata.uid, before.metadata.generation]);
}

/** Adopts the builder, and then removes its claims and ConfigMaps, which `docker buildx rm` would keep. */
async function adoptsAndRemoves(stack: Stack, namespace: TestNamespace, place: object): Promise<void> {
    // The old StatefulSet counts until it is removed.
    await namespace.apply({
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "one" },
        spec: { hard: { "count/statefulsets.apps": "1" } },
    });
    await stack.program(farmOf(stack, place, { persistentVolumeClaim: { storage: "1Gi" } }));
    await stack.up();
    await stack.destroy();
    assert.deepEqual(await namespace.names(ownKinds), ["ConfigMap/kube-root-ca.crt"]);
}

describeOnCluster("a builder of another stack", () => {
    it(
        "is as before after its adoption failed",
        inCluster(async ({ stack, namespace, place }) => {
            const { unique: name } = stack;
            const args = { name, ...place, buildkitdConfig: "debug = true\n" };
            await does(stack, args, "create");
            const other = await Stack.make();
            try {
                await other.program(
                    farm({ ...args, adopt: true, ...invalidImage, buildkitdConfig: "debug = false\n" }),
                );
                const failure = await other.failing("up");
                assert.match(failure, cannotBePulled);
                assert.match(failure, /was restored, and its pods are ready\./);
                assert.deepEqual(await other.records(), []);
            } finally {
                await other.remove();
            }
            assert.equal((await found(namespace, "Deployment", `${name}0`)).status.readyReplicas, 1);
            await stack.refresh();
            await stack.preview("--expect-no-changes");
            await build(stack, name, await context(stack));
        }),
    );
});
