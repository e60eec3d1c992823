/** Why calls of a real API server fail. */
import { strict as assert } from "node:assert";
import { chmod } from "node:fs/promises";
import { dirname, join } from "node:path";
import { applyObject, getObject, listObjects } from "../../provider/cluster/apply";
import type { Cluster } from "../../provider/cluster/client";
import { ClusterError, type ClusterErrorKind } from "../../provider/cluster/error";
import { missingRights } from "../../provider/cluster/rights";
import { listPods } from "../../provider/cluster/workloads";
import { certify, makeAuthority } from "../support/certificates";
import {
    adminToken,
    describeOnCluster,
    openAs,
    testCluster,
    type TestNamespace,
    withNamespace,
} from "../support/cluster";

async function failure(work: Promise<unknown>, kind: ClusterErrorKind): Promise<ClusterError> {
    const error = await work.then(
        () => assert.fail("did not fail"),
        (reason: unknown) => reason,
    );
    assert.ok(error instanceof ClusterError, (error as Error).stack);
    assert.equal(error.kind, kind, error.message);
    return error;
}

const configMap = (namespace: string, data: Record<string, string>) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", namespace },
    data,
});

describeOnCluster("a failed call of the API server", () => {
    const pods = (cluster: Cluster, { name }: TestNamespace, signal?: AbortSignal) =>
        listPods(cluster, name, {}, signal);

    it(
        "names the right that is missing",
        withNamespace(async (namespace) => {
            const ci = await openAs(testCluster.ci);
            const { server } = ci.kubeconfig;
            const reference = { kind: "Deployment", namespace: namespace.name, name: "kube0" } as const;
            const error = await failure(getObject(ci, reference), "forbidden");
            assert.equal(
                error.message,
                `Deployment kube0 in the namespace ${namespace.name} cannot be read: the user ci has no right to get ` +
                    `deployments.apps in the namespace ${namespace.name} of the cluster of the context test (${server}). ` +
                    "A Role with the verb get for deployments.apps gives this right",
            );
            assert.deepEqual(error.denied, {
                user: "ci",
                verb: "get",
                resource: "deployments",
                group: "apps",
                namespace: namespace.name,
            });
            assert.match(
                (await failure(applyObject(ci, configMap(namespace.name, {}), { force: true }), "forbidden")).message,
                /^ConfigMap a in the namespace \w+ cannot be applied: the user ci has no right to patch configmaps in /,
            );

            // The Role of the error is enough.
            const granted = await openAs(
                await namespace.account("reader", [{ group: "apps", resource: "deployments", verbs: ["get"] }]),
            );
            assert.equal(await getObject(granted, reference), undefined);
            await failure(pods(granted, namespace), "forbidden");
        }),
    );

    it(
        "can be foreseen: the rights of a user are queried",
        withNamespace(async (namespace) => {
            const rights = [
                { group: "apps", resource: "deployments", verbs: ["get", "patch"] },
                { group: "", resource: "pods/exec", verbs: ["get", "create"] },
                { group: "", resource: "pods", verbs: ["list"] },
            ];
            assert.deepEqual(await missingRights(namespace.cluster, namespace.name, rights), []);
            assert.deepEqual(await missingRights(await openAs(testCluster.ci), namespace.name, rights), rights);
            const some = [
                { group: "apps", resource: "deployments", verbs: ["get"] },
                { group: "", resource: "pods/exec", verbs: ["create"] },
            ];
            const account = await openAs(await namespace.account("some", some));
            assert.deepEqual(await missingRights(account, namespace.name, rights), [
                { group: "apps", resource: "deployments", verbs: ["patch"] },
                { group: "", resource: "pods/exec", verbs: ["get"] },
                { group: "", resource: "pods", verbs: ["list"] },
            ]);
        }),
    );

    it(
        "says which credentials are not accepted, or not there",
        withNamespace(async (namespace) => {
            const { cluster } = namespace.cluster.kubeconfig;
            const as = async (user: object) => openAs(await namespace.kubeconfig(cluster, user));
            assert.match(
                (await failure(pods(await as({ token: "wrong" }), namespace), "unauthorized")).message,
                /^the pods in the namespace \w+ cannot be listed: the cluster of the context test \(.*\) does not accept the credentials of the user test of the kubeconfig \S+ \(Unauthorized\)\. Log in again, /,
            );
            const exec = { apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "Never" };
            const missing = await as({ exec: { ...exec, command: "no-such-plugin", installHint: "See example.com." } });
            assert.match(
                (await failure(pods(missing, namespace), "credentials")).message,
                /: the credential plugin no-such-plugin of the kubeconfig \S+ was not found\. See example\.com\.$/,
            );
            const failing = await as({
                exec: { ...exec, command: "sh", args: ["-c", "echo the session expired >&2; exit 1"] },
            });
            assert.match(
                (await failure(pods(failing, namespace), "credentials")).message,
                /: the credential plugin sh of the kubeconfig \S+ failed: the session expired\. Log in again, /,
            );
            const file = await as({ tokenFile: `${namespace.folder}/token` });
            assert.match(
                (await failure(pods(file, namespace), "credentials")).message,
                new RegExp(
                    `: ${namespace.folder}/token, which the kubeconfig \\S+ names for the user test or its cluster, does not exist\\. `,
                ),
            );
        }),
    );

    it(
        "is avoided with a token in a file or from an exec plugin, a client certificate, and impersonation",
        withNamespace(async (namespace) => {
            const { cluster } = namespace.cluster.kubeconfig;
            const token = await adminToken();
            const credential = {
                apiVersion: "client.authentication.k8s.io/v1",
                kind: "ExecCredential",
                status: { token },
            };
            const plugin = await namespace.write("plugin", `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`);
            await chmod(plugin, 0o700);
            const exec = { apiVersion: credential.apiVersion, interactiveMode: "Never", command: plugin };
            for (const user of [{ tokenFile: await namespace.write("token", token) }, { exec }]) {
                const found = await openAs(await namespace.kubeconfig(cluster, user));
                assert.deepEqual(await pods(found, namespace), []);
            }

            const keys = dirname(testCluster.kubeconfig);
            const { cert, key } = await certify(namespace.folder, "ada", {
                cert: join(keys, "ca.crt"),
                key: join(keys, "ca.key"),
            });
            const ada = await openAs(
                await namespace.kubeconfig(cluster, { "client-certificate": cert, "client-key": key }),
            );
            assert.equal((await failure(pods(ada, namespace), "forbidden")).denied?.user, "ada");

            const impersonated = { token, as: "ada", "as-groups": ["system:masters"] };
            assert.deepEqual(
                await pods(await openAs(await namespace.kubeconfig(cluster, impersonated)), namespace),
                [],
            );
        }),
    );

    it(
        "says within 10 seconds that the cluster does not respond",
        withNamespace(async (namespace) => {
            const { cluster, server } = namespace.cluster.kubeconfig;
            const token = await adminToken();
            const at = async (port: number) => {
                const address = new URL(server);
                address.port = `${port}`;
                return openAs(await namespace.kubeconfig({ ...cluster, server: address.origin }, { token }));
            };
            assert.match(
                (await failure(pods(await at(1), namespace), "unreachable")).message,
                /: the cluster of the context test \(https:\S+:1\) refused the connection: nothing listens at \S+:1\. Start the cluster, /,
            );
            const [silent, start] = [await at(9), performance.now()];
            const error = await failure(pods(silent, namespace), "unreachable");
            assert.match(error.message, / did not respond within 10 s\. Start the cluster, or check the server of /);
            const took = performance.now() - start;
            assert.ok(took > 9_500 && took < 12_000, `${took} ms`);

            const reason = new Error("cancelled");
            await assert.rejects(pods(silent, namespace, AbortSignal.any([abortedIn(100, reason)])), reason);
        }),
    );

    it(
        "says that the certificate of the cluster is not trusted",
        withNamespace(async (namespace) => {
            const { server } = namespace.cluster.kubeconfig;
            const { cert } = await makeAuthority(namespace.folder, "stranger");
            const user = { token: await adminToken() };
            const stranger = await openAs(await namespace.kubeconfig({ server, "certificate-authority": cert }, user));
            assert.match(
                (await failure(pods(stranger, namespace), "certificate")).message,
                /: the cluster of the context test \(.*\) has a certificate that is not trusted \(.+\)\. The certificate-authority of the kubeconfig /,
            );
            const insecure = await namespace.kubeconfig({ server, "insecure-skip-tls-verify": true }, user);
            assert.deepEqual(await pods(await openAs(insecure), namespace), []);
            const plain = await namespace.kubeconfig({ server: server.replace("https:", "http:") }, user);
            await failure(pods(await openAs(plain), namespace), "other"); // the server says that it expects TLS
        }),
    );

    it(
        "tells a missing namespace, a conflict and an invalid object apart",
        withNamespace(async (namespace) => {
            const { cluster, name } = namespace;
            const gone = await failure(
                applyObject(cluster, configMap(`${name}-gone`, {}), { force: true }),
                "notFound",
            );
            assert.match(
                gone.message,
                new RegExp(
                    `^ConfigMap a in the namespace ${name}-gone cannot be applied: the namespace ${name}-gone does not exist in the cluster of `,
                ),
            );
            assert.deepEqual(await listObjects(cluster, "ConfigMap", `${name}-gone`, {}), []);

            await namespace.apply(configMap(name, { key: "theirs" }));
            const conflict = await failure(
                applyObject(cluster, configMap(name, { key: "ours" }), { force: false }),
                "conflict",
            );
            assert.deepEqual(conflict.conflicts, [{ manager: "kubectl", field: ".data.key" }]);

            const invalid = { ...configMap(name, {}), data: { "not valid": "" } };
            assert.match(
                (await failure(applyObject(cluster, invalid, { force: true }), "invalid")).message,
                /not valid/,
            );

            const quota = { pods: "0", requests: {} };
            await namespace.apply({
                apiVersion: "v1",
                kind: "ResourceQuota",
                metadata: { name: "q" },
                spec: { hard: { pods: quota.pods } },
            });
            const pod = {
                apiVersion: "v1",
                kind: "Pod",
                metadata: { name: "a", namespace: name },
                spec: { containers: [{ name: "a", image: "a" }] },
            };
            assert.match(
                (await failure(applyObject(cluster, pod, { force: true }), "other")).message,
                /exceeded quota/,
            );
        }),
    );
});

function abortedIn(milliseconds: number, reason: Error): AbortSignal {
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), milliseconds);
    return controller.signal;
}
