import { strict as assert } from "node:assert";
import { parseAllDocuments } from "yaml";
import { managersOf } from "../../provider/cluster/apply";
import { readPodStatus } from "../../provider/cluster/podStatus";
import { refused } from "../../provider/cluster/refused";
import { renderRole } from "../../provider/cluster/role";
import { unreachable } from "../../provider/cluster/unreachable";
import type { Pod } from "../../provider/cluster/workloads";

const kubeconfig = {
    context: "test",
    server: "https://10.0.0.1:6443",
    namespace: "default",
    from: "the kubeconfig /k",
    cluster: {},
    user: {},
    names: { cluster: "test", user: "ada" },
};
const cluster = { kubeconfig, where: "the cluster of the context test (https://10.0.0.1:6443)" };

const pod = (status: Record<string, unknown>): Pod => ({
    namespace: "builds",
    name: "kube0-0",
    uid: "1",
    isReady: false,
    isTerminating: false,
    isRunning: false,
    container: "buildkitd",
    imageId: undefined,
    revision: undefined,
    node: "node",
    claims: [],
    object: { apiVersion: "v1", kind: "Pod", metadata: { name: "kube0-0" }, status },
});

const waiting = (reason: string, message?: string, more: object = {}) =>
    pod({
        containerStatuses: [
            {
                name: "buildkitd",
                image: "i",
                ready: false,
                restartCount: 0,
                state: { waiting: { reason, message } },
                ...more,
            },
        ],
    });

describe("a refusal of the API server", () => {
    it("is forbidden only if a right is missing", () => {
        const message =
            'deployments.apps "kube0" is forbidden: User "ci" cannot get resource "deployments" in API group "apps" in the namespace "builds"';
        const denied = { user: "ci", verb: "get", resource: "deployments", group: "apps", namespace: "builds" };
        const { kind, ...details } = refused(403, JSON.stringify({ message, reason: "Forbidden" }), cluster);
        assert.equal(kind, "forbidden");
        assert.deepEqual(details.denied, denied);

        const quota = 'pods "kube0" is forbidden: exceeded quota: small, requested: cpu=2, used: cpu=0, limited: cpu=1';
        assert.deepEqual(refused(403, JSON.stringify({ message: quota, reason: "Forbidden" }), cluster), {
            kind: "other",
            why: `${quota} (${cluster.where})`,
        });
        const policy =
            'User "system:serviceaccount:a:b" cannot list resource "nodes" in API group "" at the cluster scope';
        assert.deepEqual(refused(403, JSON.stringify({ message: `nodes is forbidden: ${policy}` }), cluster).denied, {
            user: "system:serviceaccount:a:b",
            verb: "list",
            resource: "nodes",
            group: "",
            namespace: undefined,
        });
    });

    it("may come from a proxy, which sends no JSON", () => {
        assert.deepEqual(refused(502, "Bad Gateway\n", cluster), {
            kind: "other",
            why: `Bad Gateway (${cluster.where})`,
        });
        assert.deepEqual(refused(503, "", cluster), { kind: "other", why: `HTTP status 503 (${cluster.where})` });
    });
});

describe("a connection to a cluster", () => {
    const why = (error: object) => {
        const { kind, why } = unreachable(Object.assign(new Error("text"), error), cluster, 10_000);
        return `${kind}: ${why.replace(cluster.where, "CLUSTER").split(". ")[0]}`;
    };

    it("that fails is explained by its code", () => {
        assert.equal(
            why({ code: "ECONNREFUSED" }),
            "unreachable: CLUSTER refused the connection: nothing listens at 10.0.0.1:6443",
        );
        assert.equal(
            why({ code: "ENOTFOUND" }),
            "unreachable: CLUSTER was not found: the host name of 10.0.0.1:6443 is not known",
        );
        assert.equal(why({ name: "TimeoutError" }), "unreachable: CLUSTER did not respond within 10 s");
        assert.equal(why({ code: "ESOMETHING" }), "unreachable: CLUSTER cannot be reached (text)");
        assert.equal(
            why({ code: "CERT_HAS_EXPIRED", message: "certificate has expired" }),
            "certificate: CLUSTER has a certificate that is not trusted (certificate has expired)",
        );
        assert.equal(
            why({ code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", reason: "tlsv13 alert certificate required" }),
            "certificate: CLUSTER refused the client certificate (tlsv13 alert certificate required)",
        );
    });
});

describe("the status of a pod", () => {
    const read = (of: Pod) => {
        const { kind, text, isFinal } = readPodStatus(of) ?? {};
        return [kind, text, isFinal];
    };

    it("says why the pod is not ready", () => {
        assert.equal(readPodStatus({ ...pod({}), isReady: true }), undefined);
        assert.deepEqual(read(pod({})), ["starting", "the node node starts the containers", false]);
        assert.deepEqual(read({ ...pod({}), node: undefined }), [
            "starting",
            "the scheduler has not chosen a node yet",
            false,
        ]);
        const condition = {
            type: "PodScheduled",
            status: "False",
            reason: "Unschedulable",
            message: "0/1 nodes are available: 1 Insufficient cpu.",
        };
        assert.deepEqual(read(pod({ conditions: [condition] })), [
            "unschedulable",
            "no node takes the pod: 0/1 nodes are available: 1 Insufficient cpu",
            false,
        ]);
        assert.deepEqual(read(pod({ phase: "Failed", reason: "Evicted", message: "The node was low on memory." })), [
            "refused",
            "the pod failed (Evicted): The node was low on memory.",
            false,
        ]);
        assert.deepEqual(read(waiting("ContainerCreating")), [
            "starting",
            "the node node starts the containers",
            false,
        ]);
    });

    it("tells an image that does not exist from a registry that does not respond", () => {
        const isFinal = (reason: string, message?: string) => readPodStatus(waiting(reason, message))?.isFinal;
        assert.equal(isFinal("InvalidImageName"), true);
        assert.equal(isFinal("ErrImagePull", "rpc error: docker.io/library/nothing:1: not found"), true);
        assert.equal(isFinal("ErrImagePull", "dial tcp 10.0.0.2:443: i/o timeout"), false);
        assert.equal(isFinal("ImagePullBackOff", 'Back-off pulling image "i"'), false);
    });

    it("tells the first exit from exits again and again", () => {
        const terminated = { exitCode: 1, reason: "Error" };
        assert.deepEqual(read(waiting("CrashLoopBackOff", "back-off", { lastState: { terminated } })), [
            "exited",
            "the container buildkitd exited with code 1",
            false,
        ]);
        assert.deepEqual(
            read(waiting("CrashLoopBackOff", "back-off", { lastState: { terminated }, restartCount: 1 })),
            ["exited", "the container buildkitd exited with code 1, and was restarted once", true],
        );
        const killed = { terminated: { exitCode: 137, reason: "OOMKilled" } };
        assert.deepEqual(read(waiting("CrashLoopBackOff", "back-off", { lastState: killed, restartCount: 3 })), [
            "exited",
            "the container buildkitd was killed because it used more memory than its limit, and was restarted 3 times",
            true,
        ]);
        const started = { terminated: { exitCode: 128, reason: "StartError", message: "exec: no such file" } };
        assert.deepEqual(read(waiting("CrashLoopBackOff", "back-off", { lastState: started, restartCount: 1 })), [
            "refused",
            "the container buildkitd cannot be started: exec: no such file",
            true,
        ]);
    });
});

describe("a Role", () => {
    it("is valid YAML, with a binding for a user or a service account", () => {
        const rights = [
            { group: "apps", resource: "deployments", verbs: ["get", "patch"] },
            { group: "", resource: "pods/exec", verbs: ["create"] },
        ];
        const parse = (text: string) => parseAllDocuments(text).map((each) => each.toJS());
        const [role, ...others] = parse(renderRole("buildx", "builds", rights));
        assert.deepEqual(others, []);
        assert.deepEqual(role, {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "Role",
            metadata: { name: "buildx", namespace: "builds" },
            rules: [
                { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "patch"] },
                { apiGroups: [""], resources: ["pods/exec"], verbs: ["create"] },
            ],
        });
        const subjects = (user: string) => parse(renderRole("buildx", "builds", rights, user))[1].subjects;
        assert.deepEqual(subjects("ada@example.com"), [
            { apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "ada@example.com" },
        ]);
        assert.deepEqual(subjects("system:serviceaccount:builds:ci"), [
            { kind: "ServiceAccount", namespace: "builds", name: "ci" },
        ]);
    });
});

describe("a field of an object", () => {
    it("has the field managers that wrote it", () => {
        const managedFields = [
            { manager: "pulumi-buildx", operation: "Apply" as const, fieldsV1: { "f:spec": { "f:replicas": {} } } },
            {
                manager: "hpa",
                operation: "Update" as const,
                subresource: "scale",
                fieldsV1: { "f:spec": { "f:replicas": {} } },
            },
            { manager: "kube-controller-manager", operation: "Update" as const, fieldsV1: { "f:status": {} } },
        ];
        const object = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "a", managedFields } };
        assert.deepEqual(managersOf(object, ["spec", "replicas"]), ["pulumi-buildx", "hpa"]);
        assert.deepEqual(managersOf(object, ["spec", "paused"]), []);
    });
});
