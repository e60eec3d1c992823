/** Adoptions of a builder that fail, and what an adopted builder removes. */
import { strict as assert } from "node:assert";
import { type TestNamespace, describeOnCluster, testCluster } from "../support/cluster";
import { build, context } from "../support/image";
import { does, farm, found, inCluster } from "../support/kubernetesStack";
import { Stack } from "../support/stack";

const missingImage = { image: "localhost:1/none:1", bootTimeout: 8 };

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
    for (const withClaim of [false, true])
        it(
            `restores its ${withClaim ? "StatefulSet with its claim" : "Deployment with its ConfigMap"} and its record`,
            inCluster(async ({ stack, namespace, place }) => {
                await createWithBuildx(stack, namespace, withClaim);
                const folder = await context(stack);
                await build(stack, stack.unique, folder);
                const before = await everything(stack, namespace);
                const own = { buildkitdConfig: "debug = false\n", ...missingImage };
                const others = withClaim ? { ...own, persistentVolumeClaim: { storage: "2Gi" }, replicas: 2 } : own;
                await stack.program(farmOf(stack, place, others));
                assert.match(await stack.failing("up"), /localhost:1\/none:1/);
                assert.deepEqual(await everything(stack, namespace), before);
                assert.deepEqual(await stack.state(), []);
                const kind = withClaim ? "StatefulSet" : "Deployment";
                await namespace.rolledOut(kind, `${stack.unique}0`);
                const { cached } = await build(stack, stack.unique, folder);
                if (withClaim) assert.equal(cached, 3);
                const { metadata } = await namespace.read(kind, `${stack.unique}0`);
                const managers = (metadata.managedFields ?? []).map(({ manager }) => manager);
                assert.ok(managers.length > 0 && !managers.includes("pulumi-buildx"), managers.join());
            }),
        );

    it(
        "removes nothing if the API server refuses the new workload, or a right is missing",
        inCluster(async ({ stack, namespace, place }) => {
            await createWithBuildx(stack, namespace, false);
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
            assert.match(
                denied,
                new RegExp(
                    `the user ${user} has no right to delete configmaps, create pods/exec in the namespace ${namespace.name}`,
                ),
            );
            assert.match(denied, /kind: Role\n/);
            assert.match(denied, /kind: ServiceAccount, namespace: \w+, name: almost/);
            const after = await found(namespace, "Deployment", `${stack.unique}0`);
            assert.deepEqual(
                [after.metadata.uid, after.metadata.generation],
                [before.metadata.uid, before.metadata.generation],
            );
        }),
    );
});

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
                    farm({ ...args, adopt: true, ...missingImage, buildkitdConfig: "debug = false\n" }),
                );
                assert.match(await other.failing("up"), /localhost:1\/none:1/);
                assert.deepEqual(await other.records(), []);
            } finally {
                await other.remove();
            }
            await namespace.rolledOut("Deployment", `${name}0`);
            await stack.refresh();
            await stack.preview("--expect-no-changes");
            await build(stack, name, await context(stack));
        }),
    );
});

describeOnCluster("an adopted builder", () => {
    it(
        "removes its claims and ConfigMaps, which docker buildx rm would keep, when it is removed",
        inCluster(async ({ stack, namespace, place }) => {
            await createWithBuildx(stack, namespace, true);
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
        }),
    );
});
