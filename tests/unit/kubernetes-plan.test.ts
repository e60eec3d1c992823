import assert from "node:assert/strict";
import { changesOf } from "../../provider/bridges/lifecycle";
import { planRemoval } from "../../provider/resources/kubernetes/planRemoval";
import { absent, asAsked, change, desired, place, planFor, steps, workload } from "../support/plannedKubernetes";

const claim = { persistentVolumeClaim: { storage: "10Gi" } };
const template = ["spec.template.spec.containers[buildkitd].image"];

describe("planning a builder in Kubernetes", () => {
    it("creates what does not exist, waits for the pods, and then writes the record", () => {
        assert.deepEqual(steps(desired(), absent), ["applyWorkload", "waitUntilReady", "writeFiles", "writeRecord"]);
        assert.deepEqual(steps(desired({ use: true, requirePlatforms: ["linux/arm64"] }, true), absent), [
            ...["applyConfigMaps", "applyWorkload", "waitUntilReady", "requirePlatforms"],
            ...["writeFiles", "writeRecord", "use"],
        ]);
    });

    it("changes nothing of a builder that is as the program asks", () => {
        for (const args of [{}, claim, { replicas: 3 }, { workload: "farm" }, { nodes: [{}, { namespace: "builds" }] }])
            assert.deepEqual(change(args, args), [], JSON.stringify(args));
    });

    it("is refused if a right is missing, but only if there is something to do", () => {
        const missing = { missingRights: "the user ci has no right to create deployments.apps" };
        assert.deepEqual(steps(desired(), absent, missing), [missing.missingRights]);
        assert.deepEqual(steps(desired(), asAsked(), missing), []);
        const changed = { ...missing, difference: { is: "changed", paths: template } } as const;
        assert.deepEqual(steps(desired({ image: "b" }), asAsked(), changed), [missing.missingRights]);
    });

    it("drains builds before the pods are rolled out", () => {
        assert.deepEqual(change({}, { image: "b" }, template), [
            ...["drain", "applyWorkload", "waitUntilReady", "writeRecord"],
        ]);
    });

    it("drains builds before a pod is removed, and not before a pod is added", () => {
        assert.deepEqual(change({ replicas: 1 }, { replicas: 2 }, ["spec.replicas"]), [
            ...["applyWorkload", "waitUntilReady", "writeRecord"],
        ]);
        assert.deepEqual(change({ replicas: 2 }, { replicas: 1 }, ["spec.replicas"]), [
            ...["drain", "applyWorkload", "waitUntilReady", "writeRecord"],
        ]);
    });

    it("recreates a StatefulSet around its claims for a field that Kubernetes does not change", () => {
        const found = asAsked(claim, { difference: { is: "immutable", why: "forbidden" } });
        const wanted = desired({ persistentVolumeClaim: { storage: "20Gi" } });
        assert.deepEqual(steps(wanted, found), [
            ...["drain", "removeWorkload", "applyWorkload", "waitUntilReady", "writeRecord"],
        ]);
    });

    it("replaces the kind of the workload for a claim, and removes the claims with the argument unless they are kept", () => {
        const deployment = { workload: undefined, other: workload("Deployment") };
        assert.deepEqual(steps(desired(claim), asAsked({}), deployment), [
            ...["drain", "removeWorkload", "applyWorkload", "waitUntilReady", "writeRecord"],
        ]);
        const statefulSet = { workload: undefined, other: workload("StatefulSet") };
        assert.deepEqual(steps(desired({}), asAsked(claim), statefulSet), [
            ...["drain", "removeWorkload", "applyWorkload", "waitUntilReady", "removeClaims", "writeRecord"],
        ]);
        const kept = steps(desired({ keepState: true }), asAsked({ ...claim, keepState: true }), statefulSet);
        assert.ok(!kept.includes("removeClaims"), kept.join());
    });

    it("leaves a number of replicas to an autoscaler until the argument changes", () => {
        const [apply] = planFor(desired({ replicas: 2 }), asAsked({ replicas: 2 }), {
            withReplicas: false,
            difference: { is: "changed", paths: ["metadata.labels.a"] },
        }).steps;
        assert.equal(apply?.do, "applyWorkload");
        assert.equal((apply as { object: { spec: { replicas?: number } } }).object.spec.replicas, undefined);
    });

    it("names the arguments that changed, and the fields that differ without a change", () => {
        const changed = planFor(desired({ image: "b" }), asAsked({ image: "a" }), {
            difference: { is: "changed", paths: template },
        });
        assert.deepEqual(changesOf([], changed.steps), [{ path: "image", why: "image changed" }]);
        const drifted = planFor(desired({}), asAsked({}), { difference: { is: "changed", paths: template } });
        assert.deepEqual(changesOf([], drifted.steps), [
            { why: `the Deployment ci0 differs in ${template[0]}`, isDrift: true },
        ]);
        const ofNode = planFor(desired({ nodes: [{}, { image: "b" }] }), asAsked({ nodes: [{}, {}] }));
        assert.deepEqual(changesOf([], ofNode.steps), [{ path: "nodes[1].image", why: "image changed" }]);
    });

    it("creates a workload again that is gone or that buildx created", () => {
        const none = { workload: undefined };
        assert.deepEqual(steps(desired(), asAsked(), none), ["applyWorkload", "waitUntilReady"]);
        const ofBuildx = { workload: workload("Deployment", { owner: undefined, isApplied: false }) };
        assert.deepEqual(steps(desired(), asAsked(), ofBuildx), [
            ...["drain", "removeWorkload", "applyWorkload", "waitUntilReady"],
        ]);
    });

    it("waits for pods that were not ready", () => {
        assert.deepEqual(steps(desired(), asAsked(), { workload: workload("Deployment", { readyReplicas: 0 }) }), [
            "waitUntilReady",
        ]);
    });

    it("writes the record and the kubeconfig that this machine does not have", () => {
        const { observed, previous } = asAsked();
        const elsewhere = { observed: { ...observed, record: { is: "absent" } as const, files: new Map() }, previous };
        assert.deepEqual(steps(desired(), elsewhere), ["writeFiles", "writeRecord"]);
    });

    it("changes only the record for what only buildx reads", () => {
        assert.deepEqual(change({}, { loadbalance: "random" }), ["writeRecord"]);
        assert.deepEqual(change({}, { defaultLoad: true }), ["writeRecord"]);
        assert.deepEqual(change({}, { keepState: true }), ["saveSettings"]);
    });

    it("replaces the builder for another name, cluster or namespace, or for a workload of another resource", () => {
        assert.deepEqual(steps(desired({ name: "other" }), asAsked()), ["replace: name"]);
        const moved = { ...place, namespace: "other" };
        assert.deepEqual(steps(desired({ namespace: "other" }), asAsked(), { place: moved }), ["replace: namespace"]);
        const elsewhere = { ...place, server: "https://other:6443" };
        const args = { context: "other" };
        assert.deepEqual(steps(desired(args), asAsked(), { place: elsewhere, workload: undefined }), [
            "replace: context",
        ]);
        assert.deepEqual(change({}, { workload: "ci0" }), ["replace: workload"]);
    });

    it("keeps the builder if the same cluster has another address", () => {
        assert.deepEqual(steps(desired(), asAsked(), { place: { ...place, server: "https://10.0.0.1:6443" } }), []);
    });

    it("touches only a node that is added or removed", () => {
        const two = { nodes: [{}, { nodeSelector: { arch: "arm64" } }] };
        const added = planFor(desired(two), asAsked({ nodes: [{}] }));
        assert.deepEqual(
            added.steps.map((step) => [step.do, "node" in step ? step.node : ""]),
            [
                ["applyWorkload", "ci1"],
                ["waitUntilReady", "ci1"],
                ["writeFiles", ""],
                ["writeRecord", ""],
            ],
        );
        assert.deepEqual(change(two, { nodes: [{}] }), ["writeRecord", "drain", "removeWorkload", "removeFiles"]);
    });

    it("refuses what is not its own, unless it adopts", () => {
        const { observed } = asAsked();
        const [first] = observed.nodes;
        const foreign = { ...first, workload: workload("Deployment", { owner: undefined, isApplied: false }) };
        const found = { observed: { ...observed, isBegun: false, nodes: [foreign as never] }, previous: undefined };
        assert.match(steps(desired(), found).join(), /already exists in the cluster: Deployment ci0 .* adopt: true/);
        assert.deepEqual(steps(desired({ adopt: true }), found), [
            ...["drain", "removeWorkload", "applyWorkload", "waitUntilReady"],
        ]);
        const ofOther = { workload: workload("Deployment", { owner: { urn: "urn:other", store: "s" } }) };
        assert.match(steps(desired(), asAsked(), ofOther).join(), /was created by urn:other/);
    });

    it("refuses a record of buildx, of another driver, and with a node that would be lost", () => {
        const { observed } = asAsked({ nodes: [{}, {}] });
        const found = { observed: { ...observed, isBegun: false, nodes: [] }, previous: undefined };
        assert.match(steps(desired(), found).join(), /already exists in buildx's store/);
        assert.match(steps(desired({ adopt: true }), found).join(), /has a node ci1 that is not in the program/);
        const nodeGroup = { Name: "ci", Driver: "remote", Nodes: [], Dynamic: false };
        const other = { is: "present", nodeGroup, isOwn: true } as const;
        assert.match(
            steps(desired(), { observed: { ...observed, record: other }, previous: undefined }).join(),
            /driver remote/,
        );
    });

    it("refuses a change if the cluster cannot be read, and says why", () => {
        assert.deepEqual(steps(desired(), asAsked(), { error: new Error("no answer") }), ["no answer"]);
    });

    it("uses a workload of another resource as it is, and only waits for a pod", () => {
        const args = { workload: "farm" };
        const exists = {
            workload: workload("StatefulSet", { owner: undefined, isApplied: false, podLabels: { app: "farm" } }),
        };
        assert.deepEqual(steps(desired(args), absent, exists), ["waitUntilReady", "writeFiles", "writeRecord"]);
        assert.match(steps(desired(args), absent).join(), /workload "farm" does not exist/);
        const unlabelled = { workload: workload("Deployment", { podLabels: { app: "other" } }) };
        assert.match(
            steps(desired(args), absent, unlabelled).join(),
            /Add the label to its pod template: \{ app: "farm" \}/,
        );
        const drifted = { ...exists, difference: { is: "changed", paths: template } as const };
        assert.deepEqual(steps(desired(args), asAsked(args), drifted), ["writeRecord"]); // now of another kind
    });
});

describe("planning the removal of a builder in Kubernetes", () => {
    const removal = (args: object, others: object = {}) => {
        const { observed, previous } = asAsked(args, others);
        if (previous === undefined) throw new Error("no builder");
        const nodes = observed.nodes.map((each, index) => ({ ...each, previous: previous.nodes[index] }));
        return planRemoval(previous, { ...observed, nodes }).steps.map((step) => step.do);
    };

    it("drains builds, and removes workload, ConfigMaps, claims, record and files", () => {
        assert.deepEqual(removal(claim, { unneededMaps: ["ci0-config"] }), [
            ...["drain", "removeWorkload", "removeConfigMaps", "removeClaims", "removeRecord", "removeFiles"],
        ]);
    });

    it("keeps the claims with keepState", () => {
        assert.deepEqual(removal({ ...claim, keepState: true }), [
            "drain",
            "removeWorkload",
            "removeRecord",
            "removeFiles",
        ]);
    });

    it("leaves a workload of another resource", () => {
        assert.deepEqual(removal({ workload: "farm" }), ["removeRecord", "removeFiles"]);
        const ofOther = { workload: workload("Deployment", { owner: { urn: "urn:other", store: "s" } }) };
        assert.deepEqual(removal({}, ofOther), ["leave", "removeRecord", "removeFiles"]);
    });
});
