import assert from "node:assert/strict";
import { unknown } from "../../provider/args/unknown";
import type { KubernetesInputs } from "../../provider/resources/kubernetes/args";
import { failuresOfKubernetes, nodeIndexes } from "../../provider/resources/kubernetes/check";
import { secretPaths } from "../../provider/resources/kubernetes/saved";
import { isQuantity, nearestQuantity } from "../../provider/text/kubernetes";

const failures = async (args: object): Promise<string[]> =>
    (await failuresOfKubernetes({ name: "ci", ...args })).map(({ property, reason }) => `${property}: ${reason}`);

const rejects = async (args: object, ...patterns: RegExp[]) => {
    const found = await failures(args);
    assert.equal(found.length, patterns.length, found.join("\n"));
    for (const [index, pattern] of patterns.entries()) assert.match(found[index] ?? "", pattern);
};

describe("checking the arguments of a builder in Kubernetes", () => {
    it("takes what Kubernetes and buildx take", async () => {
        const args: KubernetesInputs = {
            kubeconfig: "/home/ada/.kube/config",
            context: "dev",
            namespace: "builds",
            replicas: 2,
            requests: { cpu: "500m", memory: "4Gi", ephemeralStorage: "1e9" },
            limits: { memory: "8Gi" },
            nodeSelector: { "kubernetes.io/arch": "arm64" },
            tolerations: [{ key: "builds", operator: "Exists", effect: "NoSchedule" }, { operator: "Exists" }],
            labels: { team: "ci", "example.com/x": "" },
            annotations: { "example.com/a": "any, thing" },
            serviceAccount: "builds",
            qemu: { install: true },
            loadbalance: "random",
            persistentVolumeClaim: { storage: "50Gi", storageClass: "fast", accessModes: ["ReadWriteOnce"] },
            podTemplate: { spec: { priorityClassName: "high", containers: [{ name: "buildkitd", tty: true }] } },
            gc: { maxUsedSpace: "20GB" },
            nodes: [{ platforms: ["linux/arm64"] }, { name: "other", replicas: 1 }],
        };
        assert.deepEqual(await failures(args), []);
    });

    it("refuses quantities that Kubernetes does not read, and says which was meant", async () => {
        await rejects(
            { requests: { memory: "4GiB" } },
            /requests\.memory: "4GiB" is not a valid quantity.*Did you mean "4Gi"\?/,
        );
        await rejects({ limits: { cpu: 2 } }, /limits\.cpu: 2 is not a valid quantity.*Did you mean "2"\?/);
        await rejects({ persistentVolumeClaim: { storage: "-1Gi" } }, /persistentVolumeClaim\.storage/);
        for (const legal of ["1", "0.5", "100m", "1.5Gi", "12e6", ".5", "2E"]) assert.ok(isQuantity(legal), legal);
        for (const illegal of ["", "1GB", "1gi", "-1", "1 Gi", "Gi", "1K"]) assert.ok(!isQuantity(illegal), illegal);
        assert.equal(nearestQuantity("512mb"), "512M");
    });

    it("refuses names, labels and tolerations that Kubernetes refuses", async () => {
        await rejects({ namespace: "My_Builds" }, /namespace: "My_Builds" is not a valid namespace/);
        await rejects({ labels: { app: "x" } }, /labels.*"app" is not a valid label: it is reserved for buildx/);
        await rejects({ labels: { a: "x y" } }, /labels\.a: "x y" is not a valid label value/);
        await rejects({ labels: { "a b": "x" } }, /"a b" is not a valid key of a label/);
        await rejects({ annotations: { "buildx.docker.com/platform": "x" } }, /reserved for buildx/);
        await rejects(
            { tolerations: [{ key: "a", operator: "Is" }] },
            /tolerations\[0\]\.operator: "Is" is not a valid operator/,
        );
        await rejects({ tolerations: [{ key: "a", operator: "Exists", value: "b" }] }, /remove the value/);
        await rejects({ tolerations: [{ value: "b" }] }, /must have the operator "Exists"/);
        await rejects({ replicas: 0 }, /replicas: 0 is not a valid number of replicas/);
        await rejects({ loadbalance: "even" }, /must be "sticky" or "random"/);
    });

    it("refuses a node's name that cannot be the name of a workload", async () => {
        await rejects({ name: "x".repeat(60) }, /name: the name of the node, "x+0", is not a valid name/);
        await rejects(
            { nodes: [{ name: "a" }, { name: "a" }] },
            /nodes\[1\]\.name: "a" is already the name of nodes\[0\]/,
        );
    });

    it("refuses what only an own workload has beside a workload", async () => {
        await rejects(
            { workload: "farm", image: "x", replicas: 2 },
            /image: not supported with workload/,
            /replicas: not/,
        );
        await rejects({ workload: "farm", gc: { maxUsedSpace: "1GB" } }, /workload: not supported with gc/);
        await rejects({ nodes: [{ workload: "farm", name: "n" }] }, /nodes\[0\]\.name: not supported with workload/);
        await rejects({ workload: "farm", nodes: [{}] }, /workload: not supported with nodes/);
        assert.deepEqual(await failures({ workload: "farm", loadbalance: "random", namespace: "builds" }), []);
    });

    it("refuses a podTemplate that cannot be merged", async () => {
        await rejects(
            { podTemplate: { spec: { containers: [{ image: "x" }] } } },
            /podTemplate\.spec\.containers\[0\]: required: name/,
        );
        await rejects(
            { podTemplate: { containers: [] } },
            /podTemplate\.containers: "containers" is not a valid key of a pod template/,
        );
        await rejects({ podTemplate: { metadata: { labels: { app: "x" } } } }, /labels\.app: reserved/);
        await rejects(
            { podTemplate: { spec: { containers: [{ name: "buildkitd", $patch: "delete" }] } } },
            /the container buildkitd cannot be removed/,
        );
        await rejects({ podTemplate: { spec: { "$setElementOrder/env": [] } } }, /not supported: only \$patch/);
    });

    it("checks the flags and the configuration of buildkitd", async () => {
        await rejects({ buildkitdFlags: ["--debug --trace"] }, /buildkitdFlags\[0\]: .* several arguments/);
        await rejects({ buildkitdConfig: "debug = 3", gc: { maxUsedSpace: "1GB" } }, /buildkitdConfig/);
        await rejects({ env: { BUILDKIT_HOST: "unix:///x.sock" } }, /env\.BUILDKIT_HOST: buildx connects/);
    });

    it("takes what is not known yet", async () => {
        const args = { namespace: unknown, nodes: unknown, requests: { cpu: unknown } };
        assert.deepEqual(await failures({ workload: unknown }), []);
        assert.deepEqual(await failures(args), []);
        assert.deepEqual(await failures({ nodes: [unknown, { replicas: unknown, labels: { a: unknown } }] }), []);
    });

    it("names arguments that do not exist", async () => {
        await rejects({ replica: 1 }, /replica: .* did you mean replicas\?/);
        await rejects({ nodes: [{ requests: { disk: "1Gi" } }] }, /nodes\[0\]\.requests/);
    });

    it("keeps the number of a node when another is added before it", () => {
        const [one, two] = [{ nodeSelector: { arch: "amd64" } }, { nodeSelector: { arch: "arm64" } }];
        assert.deepEqual(nodeIndexes({ nodes: [one], __nodeIndexes: [0] }, [two, one]), [1, 0]);
    });

    it("knows the text of a kubeconfig as a secret, and not its path", () => {
        const text = "apiVersion: v1\nkind: Config\n";
        assert.deepEqual(secretPaths({ kubeconfig: "/a", nodes: [{ kubeconfig: text }] }), [
            ["nodes", 0, "kubeconfig"],
        ]);
        assert.deepEqual(secretPaths({ kubeconfig: text }), [["kubeconfig"]]);
    });
});
