import assert from "node:assert/strict";
import type { KubernetesInputs } from "../../provider/resources/kubernetes/args";
import { differenceOf, endsPods } from "../../provider/resources/kubernetes/differences";
import { argumentsOfOptions } from "../../provider/resources/kubernetes/import";
import { manifestsOf } from "../../provider/resources/kubernetes/manifests";
import { strategicMerge } from "../../provider/resources/kubernetes/strategicMerge";
import { desired, node, owner, recordFor } from "../support/plannedKubernetes";

interface Named {
    readonly name: string;
}

interface Container extends Named {
    readonly image: string;
    readonly args: readonly string[];
    readonly securityContext: { readonly privileged?: boolean };
    readonly volumeMounts: readonly (Named & { readonly mountPath: string })[];
    readonly resources: object;
    readonly env: readonly object[];
    readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
}

interface Volume extends Named {
    readonly emptyDir?: object;
    readonly projected?: {
        readonly sources: readonly { readonly configMap: { readonly items: readonly { readonly path: string }[] } }[];
    };
}

interface Pod {
    readonly metadata: { readonly labels: object; readonly annotations: Readonly<Record<string, string>> };
    readonly spec: {
        readonly containers: readonly [Container, ...Named[]];
        readonly volumes: readonly Volume[];
        readonly securityContext?: { readonly fsGroup: number };
        readonly terminationGracePeriodSeconds: number;
        readonly priorityClassName?: string;
        readonly tolerations?: readonly object[];
    };
}

interface Spec {
    readonly replicas?: number;
    readonly selector: object;
    readonly template: Pod;
    readonly volumeClaimTemplates: readonly { readonly spec: object }[];
}

function made(args: KubernetesInputs = {}, withFiles = false) {
    const { workload, configMaps } = manifestsOf(node(args, withFiles), "builds", owner);
    const spec = workload.spec as unknown as Spec;
    const pod = spec.template;
    return { workload, spec, configMaps, pod, container: pod.spec.containers[0] };
}

describe("the objects of a builder in Kubernetes", () => {
    it("are a Deployment that buildx finds, with buildx's names and labels", () => {
        const { workload, spec, pod, container } = made({ labels: { team: "ci" }, platforms: ["linux/arm64"] });
        assert.equal(workload.kind, "Deployment");
        assert.deepEqual(workload.metadata.labels, { app: "ci0", team: "ci" });
        assert.deepEqual(spec.selector, { matchLabels: { app: "ci0" } });
        assert.deepEqual(pod.metadata.labels, { app: "ci0", team: "ci" });
        assert.equal(pod.metadata.annotations["buildx.docker.com/platform"], "linux/arm64");
        assert.deepEqual(container.args, ["--allow-insecure-entitlement=network.host"]);
        assert.deepEqual(container.securityContext, { privileged: true });
        assert.equal(container.image, "moby/buildkit:buildx-stable-1");
        assert.equal(spec.replicas, undefined);
    });

    it("have the name of the node, as buildx spells it", () => {
        assert.equal(made({ name: "my_ci" }).workload.metadata.name, "my-ci0");
    });

    it("are a StatefulSet with a claim, and mount the configuration, too", () => {
        const persistentVolumeClaim = { storage: "10Gi", storageClass: "fast", accessModes: ["ReadWriteOncePod"] };
        const { workload, spec, container, pod } = made({ persistentVolumeClaim }, true);
        assert.equal(workload.kind, "StatefulSet");
        assert.deepEqual(spec.volumeClaimTemplates[0]?.spec, {
            accessModes: ["ReadWriteOncePod"],
            storageClassName: "fast",
            resources: { requests: { storage: "10Gi" } },
        });
        assert.deepEqual(container.volumeMounts, [
            { name: "config", mountPath: "/etc/buildkit" },
            { name: "buildkitd", mountPath: "/var/lib/buildkit" },
        ]);
        assert.equal(pod.spec.volumes.length, 1);
    });

    it("have a ConfigMap for each folder of the configuration, and new pods for another configuration", () => {
        const { configMaps, pod } = made({}, true);
        assert.deepEqual(
            configMaps.map(({ metadata, data }) => [metadata.name, Object.keys(data ?? {})]),
            [
                ["ci0-config", ["buildkitd.toml"]],
                ["ci0-config-1", ["ca.pem"]],
            ],
        );
        const items = pod.spec.volumes[0]?.projected?.sources.map(({ configMap }) => configMap.items[0]?.path);
        assert.deepEqual(items, ["buildkitd.toml", "certs/r/ca.pem"]);
        assert.equal(pod.metadata.annotations["io.github.pulumi-buildx.config"], "d1");
    });

    it("reserve ephemeral storage instead of limiting it", () => {
        const { container } = made({ requests: { ephemeralStorage: "5Gi", cpu: "1" }, limits: { memory: "2Gi" } });
        assert.deepEqual(container.resources, {
            requests: { cpu: "1", "ephemeral-storage": "5Gi" },
            limits: { memory: "2Gi" },
        });
    });

    it("read the configuration when rootless, and keep the state on an own volume", () => {
        const { container, pod } = made({ rootless: true }, true);
        assert.equal(container.image, "moby/buildkit:buildx-stable-1-rootless");
        assert.equal(container.securityContext.privileged, undefined);
        assert.deepEqual(container.args.slice(-3), [
            ...["--config", "/etc/buildkit/buildkitd.toml", "--oci-worker-no-process-sandbox"],
        ]);
        assert.ok(container.volumeMounts.some((each) => each.mountPath === "/home/user/.local/share/buildkit"));
        assert.ok(pod.spec.volumes.some((each) => each.emptyDir !== undefined));
        const withClaim = made({ rootless: true, persistentVolumeClaim: { storage: "1Gi" } });
        assert.equal(withClaim.pod.spec.securityContext?.fsGroup, 1000);
        assert.ok(!withClaim.pod.spec.volumes.some((each) => each.emptyDir !== undefined));
    });

    it("wait for running builds before a pod ends, unless builds have no time", () => {
        const { pod, container } = made({ drainTimeout: 90 });
        assert.equal(pod.spec.terminationGracePeriodSeconds, 120);
        assert.match(container.lifecycle?.preStop.exec.command[2] ?? "", /buildctl debug histories/);
        assert.equal(made({ drainTimeout: 0 }).container.lifecycle, undefined);
    });

    it("have everything else from podTemplate", () => {
        const tolerations = [{ key: "a", operator: "Exists" }];
        const { pod, container } = made({
            tolerations,
            env: { A: "1", B: "2" },
            podTemplate: {
                metadata: { annotations: { "example.com/a": "b" } },
                spec: {
                    priorityClassName: "builds",
                    tolerations: [{ key: "b", operator: "Exists" }],
                    containers: [
                        { name: "buildkitd", env: [{ name: "B", value: "3" }] },
                        { name: "sidecar", image: "s" },
                    ],
                    volumes: [{ name: "extra", emptyDir: {} }],
                },
            },
        });
        assert.equal(pod.metadata.annotations["example.com/a"], "b");
        assert.equal(pod.spec.priorityClassName, "builds");
        assert.deepEqual(pod.spec.tolerations, [...tolerations, { key: "b", operator: "Exists" }]);
        assert.deepEqual(container.env, [
            { name: "A", value: "1" },
            { name: "B", value: "3" },
        ]);
        assert.deepEqual(
            pod.spec.containers.map(({ name }) => name),
            ["buildkitd", "sidecar"],
        );
    });
});

describe("the strategic merge of a pod template", () => {
    it("merges objects by key, and removes a key with null", () => {
        assert.deepEqual(strategicMerge({ a: { b: 1, c: 2 }, d: 1 }, { a: { b: null, e: 3 }, d: 2 }), {
            a: { c: 2, e: 3 },
            d: 2,
        });
    });

    it("merges mounts by path and ports by number", () => {
        const base = { volumeMounts: [{ mountPath: "/a", name: "x" }], ports: [{ containerPort: 1 }] };
        const patch = {
            volumeMounts: [
                { mountPath: "/a", readOnly: true },
                { mountPath: "/b", name: "y" },
            ],
            ports: [{ containerPort: 1, name: "p" }],
        };
        assert.deepEqual(strategicMerge(base, patch), {
            volumeMounts: [
                { mountPath: "/a", name: "x", readOnly: true },
                { mountPath: "/b", name: "y" },
            ],
            ports: [{ containerPort: 1, name: "p" }],
        });
    });

    it("replaces other lists, and removes and replaces with $patch", () => {
        assert.deepEqual(strategicMerge({ args: ["a"] }, { args: ["b"] }), { args: ["b"] });
        const base = { env: [{ name: "A" }, { name: "B" }], spec: { a: 1 } };
        assert.deepEqual(
            strategicMerge(base, { env: [{ name: "A", $patch: "delete" }], spec: { $patch: "replace", b: 2 } }),
            {
                env: [{ name: "B" }],
                spec: { b: 2 },
            },
        );
        assert.deepEqual(strategicMerge(base, { env: [{ $patch: "replace" }, { name: "C" }] }).env, [{ name: "C" }]);
    });
});

describe("the record of a builder in Kubernetes", () => {
    it("has the options as buildx writes them", () => {
        const [stored] = recordFor(
            desired({
                replicas: 2,
                requests: { cpu: "100m" },
                nodeSelector: { c: "d", a: "b" },
                tolerations: [
                    { key: "x", operator: "Exists" },
                    { key: "y", value: "1" },
                ],
                persistentVolumeClaim: { storage: "10Gi" },
                env: { HTTP_PROXY: "http://p:1", EMPTY: "" },
                platforms: ["linux/amd64"],
            }),
        ).Nodes;
        assert.deepEqual(stored?.DriverOpts, {
            "env.EMPTY": "",
            "env.HTTP_PROXY": "http://p:1",
            namespace: "builds",
            nodeselector: "a=b,c=d",
            "persistent-volume-claim.requests.storage": "10Gi",
            replicas: "2",
            "requests.cpu": "100m",
            tolerations: "key=x,operator=Exists;key=y,value=1",
        });
        assert.deepEqual(stored?.Flags, ["--allow-insecure-entitlement=network.host"]);
        assert.match(stored?.Endpoint ?? "", /^kubernetes:\/\/\/ci\?deployment=ci0&kubeconfig=.*ci0\.yaml$/);
    });

    it("leaves out annotations that buildx cannot read", () => {
        const [stored] = recordFor(desired({ annotations: { a: "x,y", b: "z" } })).Nodes;
        assert.equal(stored?.DriverOpts?.annotations, "b=z");
    });

    it("is read back as the arguments", () => {
        const args: KubernetesInputs = {
            image: "i",
            replicas: 2,
            requests: { cpu: "1", memory: "1Gi" },
            limits: { ephemeralStorage: "1Gi" },
            tolerations: [{ key: "x", operator: "Exists", tolerationSeconds: 3 }],
            labels: { team: "ci" },
            serviceAccount: "s",
            rootless: true,
            qemu: { install: true, image: "q" },
            loadbalance: "random",
            persistentVolumeClaim: { storage: "1Gi" },
            env: { A: "b" },
        };
        const [stored] = recordFor(desired(args)).Nodes;
        const read = argumentsOfOptions(stored?.DriverOpts ?? {});
        assert.deepEqual(read, { args: { ...args, namespace: "builds" }, unsupported: [] });
    });
});

describe("the difference of an object in the cluster", () => {
    const object = (spec: object, metadata: object = {}) => ({
        apiVersion: "v1",
        kind: "K",
        metadata: { name: "n", ...metadata },
        spec: spec as never,
    });

    it("is none if only the cluster's own fields differ", () => {
        const one = object({ a: 1 }, { resourceVersion: "1", managedFields: [] });
        assert.deepEqual(differenceOf(one, object({ a: 1 }, { resourceVersion: "2" })), { is: "same" });
    });

    it("names the fields, and elements of lists by their name", () => {
        const one = object({ template: { containers: [{ name: "a", image: "x" }] }, replicas: 1 });
        const other = object({ template: { containers: [{ name: "a", image: "y" }] }, replicas: 2 });
        const paths = ["spec.template.containers[a].image", "spec.replicas"];
        assert.deepEqual(differenceOf(one, other), { is: "changed", paths });
        assert.ok(endsPods(paths));
        assert.ok(!endsPods(["spec.replicas", "metadata.labels.a"]));
    });
});
