/** The record and the objects of a builder beside those of `docker buildx create --driver kubernetes`, and its import. */
import { strict as assert } from "node:assert";
import { describeOnCluster, type TestNamespace, testCluster } from "../support/cluster";
import { does, found, inCluster } from "../support/kubernetesStack";
import type { Stack } from "../support/stack";

interface BuilderRecord {
    readonly Nodes: readonly { readonly Endpoint: string; readonly DriverOpts: Readonly<Record<string, string>> }[];
}

/** Arguments of `docker buildx create`, and the same as arguments of the resource. */
const cases: Readonly<Record<string, readonly [cli: readonly string[], args: object]>> = {
    "no options": [[], {}],
    "all options": [
        [
            ...["replicas=1", "requests.cpu=10m", "requests.memory=20Mi", "limits.cpu=2", "limits.memory=1Gi"],
            ...["limits.ephemeral-storage=5Gi", '"labels=b=c,team=ci"', '"annotations=a=b,c=d"', "loadbalance=random"],
            ...['"tolerations=key=x,operator=Exists;key=y,value=1"', "env.A=b", "default-load=true", "timeout=200s"],
        ].map((option) => `--driver-opt=${option}`),
        {
            replicas: 1,
            requests: { cpu: "10m", memory: "20Mi" },
            limits: { cpu: "2", memory: "1Gi", ephemeralStorage: "5Gi" },
            labels: { team: "ci", b: "c" },
            annotations: { a: "b", c: "d" },
            loadbalance: "random",
            tolerations: [
                { key: "x", operator: "Exists" },
                { key: "y", value: "1" },
            ],
            env: { A: "b" },
            defaultLoad: true,
            bootTimeout: 200,
        },
    ],
    "a platform, flags and a claim": [
        [
            ...["--platform", "linux/amd64", "--buildkitd-flags", "--debug"],
            "--driver-opt=persistent-volume-claim.requests.storage=1Gi",
        ],
        { platforms: ["linux/amd64"], buildkitdFlags: ["--debug"], persistentVolumeClaim: { storage: "1Gi" } },
    ],
};

/** Creates a builder with buildx. */
async function create(stack: Stack, namespace: TestNamespace, args: readonly string[]) {
    const { unique: name } = stack;
    stack.env.KUBECONFIG = testCluster.kubeconfig;
    const node = ["--name", name, "--node", `${name}0`, "--driver", "kubernetes", "--bootstrap"];
    await stack.buildx("create", ...node, `--driver-opt=namespace=${namespace.name}`, ...args);
    delete stack.env.KUBECONFIG;
}

describeOnCluster("a builder of the kubernetes driver beside docker buildx create", () => {
    for (const [what, [cli, args]] of Object.entries(cases)) {
        it(
            `is the same with ${what}, and its import gives the same arguments`,
            inCluster(async ({ stack, namespace, place }) => {
                const { unique: name } = stack;
                await create(stack, namespace, cli);
                const kind = "persistentVolumeClaim" in args ? "StatefulSet" : "Deployment";
                const ofBuildx = await found(namespace, kind, `${name}0`);
                const record = (await stack.record(name)) as unknown as BuilderRecord;
                await importAndDelete(stack, args, place);
                assert.deepEqual(await namespace.names(["Deployment", "StatefulSet"]), []);

                await does(stack, { name, ...place, ...args }, "create");
                const own = await found(namespace, kind, `${name}0`);
                const withoutFile = ({ Nodes: nodes }: BuilderRecord) =>
                    nodes.map((node) => ({ ...node, Endpoint: node.Endpoint.replace(/kubeconfig=.*/, "") }));
                assert.deepEqual(
                    withoutFile((await stack.record(name)) as unknown as BuilderRecord),
                    withoutFile(record),
                );
                assert.deepEqual(own.spec.template.metadata.labels, ofBuildx.spec.template.metadata.labels);
                const described = ({ spec }: typeof own) => {
                    const [container] = spec.template.spec.containers as [Record<string, unknown>];
                    const keys = ["name", "image", "args", "env", "resources", "securityContext", "volumeMounts"];
                    const { tolerations, volumes } = spec.template.spec as unknown as Record<string, unknown>;
                    return [spec.replicas, tolerations, volumes, ...keys.map((key) => container[key])];
                };
                assert.deepEqual(described(own), described(ofBuildx));
            }),
        );
    }
});

/** Imports the builder of buildx, and removes it through the import. */
async function importAndDelete(stack: Stack, args: object, place: object): Promise<void> {
    await stack.restart(); // no operation has started the plugin
    const urn = stack.urn("KubernetesBuilder", "farm");
    const { id, inputs, properties } = await stack.read(urn, stack.unique.toUpperCase());
    const {
        bootTimeout: _,
        buildkitdFlags = [],
        ...given
    } = args as { bootTimeout?: number; buildkitdFlags?: string[] };
    const flags = [...buildkitdFlags, "--allow-insecure-entitlement=network.host"];
    assert.deepEqual(inputs, { name: stack.unique, ...place, ...given, buildkitdFlags: flags });
    assert.equal(properties.status, "running");
    const { inputs: news, failures } = await stack.check(urn, inputs, inputs);
    assert.deepEqual(failures, []);
    const { changes } = await stack.diff(urn, id, { olds: properties, oldInputs: inputs, news });
    assert.equal(changes, "some");
    await stack.delete(urn, id, properties);
    assert.deepEqual(await stack.records(), []);
}
