/** Pods of a real cluster: when they are ready, why they are not, and programs in them. */
import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { queryWorkers } from "../../provider/buildkit/workers";
import { execInPod, inPod } from "../../provider/cluster/inPod";
import { PodsNotReadyError, waitUntilReady } from "../../provider/cluster/readiness";
import { findWorkload, getWorkload, listClaims, listPods, type Pod } from "../../provider/cluster/workloads";
import {
    adminToken,
    buildkitImage,
    describeOnCluster,
    openAs,
    type TestNamespace,
    withNamespace,
} from "../support/cluster";
import { startApiServerProxy } from "../support/apiServerProxy";

const labels = { app: "kube0" };

/** A workload whose pods run buildkitd, with parts of its container, pod and spec that differ. */
const workload = (kind: "Deployment" | "StatefulSet", container: object = {}, pod: object = {}, spec: object = {}) => ({
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "kube0" },
    spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        ...(kind === "StatefulSet" && { serviceName: "buildkitd", podManagementPolicy: "Parallel" }),
        template: {
            metadata: { labels },
            spec: {
                terminationGracePeriodSeconds: 1,
                containers: [
                    {
                        name: "buildkitd",
                        image: buildkitImage,
                        securityContext: { privileged: true },
                        readinessProbe: { exec: { command: ["buildctl", "debug", "workers"] }, periodSeconds: 1 },
                        ...container,
                    },
                ],
                ...pod,
            },
        },
        ...spec,
    },
});

const claims = (storageClass?: string) => ({
    volumeClaimTemplates: [
        {
            metadata: { name: "buildkitd" },
            spec: {
                accessModes: ["ReadWriteOnce"],
                resources: { requests: { storage: "1Gi" } },
                ...(storageClass && { storageClassName: storageClass }),
            },
        },
    ],
});

const mounted = { volumeMounts: [{ name: "buildkitd", mountPath: "/var/lib/buildkit" }] };

async function waitFor(
    namespace: TestNamespace,
    kind: "Deployment" | "StatefulSet",
    { timeout = 60, signal = new AbortController().signal, onReport = (_: string): unknown => undefined } = {},
) {
    const reports: string[] = [];
    const reference = { kind, namespace: namespace.name, name: "kube0" };
    const report = (text: string) => {
        reports.push(text);
        onReport(text);
    };
    const ready = await waitUntilReady(namespace.cluster, reference, { timeout }, { report, signal });
    return { ...ready, reports };
}

/**
 * Returns the error of a wait for pods that do not become ready.
 *
 * @param reported what the wait reports before its time is over. Without it, the wait must end by itself.
 */
async function whyNot(namespace: TestNamespace, kind: "Deployment" | "StatefulSet", reported?: RegExp) {
    if (reported !== undefined) {
        const [controller, seen] = [new AbortController(), new Error("seen")];
        const onReport = (text: string) => reported.test(text) && controller.abort(seen);
        await assert.rejects(waitFor(namespace, kind, { signal: controller.signal, onReport }), seen);
    }
    const start = performance.now();
    const error = await waitFor(namespace, kind, { timeout: reported === undefined ? 60 : 0 }).then(
        () => assert.fail("the pods became ready"),
        (reason: unknown) => reason,
    );
    assert.ok(error instanceof PodsNotReadyError, (error as Error).stack);
    return { message: error.message, reasons: error.reasons, seconds: (performance.now() - start) / 1000 };
}

describeOnCluster("pods that become ready", () => {
    it(
        "are those of the current template, and buildctl runs in them",
        withNamespace(async (namespace) => {
            const { cluster, name } = namespace;
            await namespace.apply(workload("StatefulSet", mounted, {}, { ...claims(), replicas: 2 }));
            const { workload: found, pods } = await waitFor(namespace, "StatefulSet");
            assert.deepEqual([found.replicas, found.readyReplicas, found.selector], [2, 2, labels]);
            assert.equal((await findWorkload(cluster, name, "kube0"))?.kind, "StatefulSet");
            assert.equal(await getWorkload(cluster, { kind: "Deployment", namespace: name, name: "kube0" }), undefined);
            assert.deepEqual(
                pods.map(({ name: pod, container, isRunning, node, claims: of }) => [
                    pod,
                    container,
                    isRunning,
                    node,
                    of,
                ]),
                ["kube0-0", "kube0-1"].map((pod) => [pod, "buildkitd", true, "node", [`buildkitd-${pod}`]]),
            );
            const found2 = await listClaims(cluster, name, "buildkitd", "kube0");
            assert.deepEqual(
                found2.map(({ name: claim, isBound, storage, accessModes }) => [claim, isBound, storage, accessModes]),
                ["kube0-0", "kube0-1"].map((pod) => [`buildkitd-${pod}`, true, "1Gi", ["ReadWriteOnce"]]),
            );

            const buildctl = inPod(cluster, pods[1] as Pod);
            const { platforms, version } = await queryWorkers(buildctl);
            assert.deepEqual([platforms[0]?.os, /^v\d/.test(version)], ["linux", true]);
            const { exitCode, stderr } = await buildctl.run(["no-such-command"]);
            assert.notEqual(exitCode, 0);
            assert.match(stderr, /no-such-command/);

            await namespace.apply(
                workload(
                    "StatefulSet",
                    { ...mounted, env: [{ name: "A", value: "1" }] },
                    {},
                    { ...claims(), replicas: 2 },
                ),
            );
            const after = await waitFor(namespace, "StatefulSet");
            for (const pod of after.pods)
                assert.equal((await execInPod(cluster, pod, ["sh", "-c", "echo $A"])).stdout, "1\n");
            assert.equal(after.pods.length, 2);
        }),
    );

    it(
        "and programs in them end with their exit code, or say why they cannot run",
        withNamespace(async (namespace) => {
            const { cluster, name } = namespace;
            await namespace.apply(workload("Deployment"));
            const { pods } = await waitFor(namespace, "Deployment");
            const pod = pods[0] as Pod;
            const sh = (script: string, signal?: AbortSignal) => execInPod(cluster, pod, ["sh", "-c", script], signal);
            assert.deepEqual(await sh("echo out; echo err >&2; exit 7"), {
                exitCode: 7,
                stdout: "out\n",
                stderr: "err\n",
            });
            const long = await sh("head -c 3000000 /dev/zero | tr '\\0' x");
            assert.deepEqual([long.stdout.length, long.exitCode], [3_000_000, 0]);
            await assert.rejects(execInPod(cluster, pod, ["no-such-program"]), {
                message: /^no-such-program cannot run in the pod kube0-\S+ in the namespace \w+: .*no-such-program/,
            });
            await assert.rejects(execInPod(cluster, { ...pod, name: "gone" }, ["true"]), {
                kind: "notFound",
                message: /^true cannot run in the pod gone in the namespace \w+: pods "gone" not found/,
            });

            const account = await openAs(
                await namespace.account("lister", [{ group: "", resource: "pods", verbs: ["list"] }]),
            );
            assert.equal((await listPods(account, name, labels)).length, 1);
            await assert.rejects(execInPod(account, pod, ["true"]), {
                kind: "forbidden",
                message: /the user system:serviceaccount:\w+:lister has no right to get pods\/exec in the namespace /,
            });

            const controller = new AbortController();
            const reason = new Error("cancelled");
            setTimeout(() => controller.abort(reason), 300);
            const start = performance.now();
            await assert.rejects(sh("sleep 30", controller.signal), reason);
            assert.ok(performance.now() - start < 10_000);

            const killed = sh("sleep 30");
            await namespace.delete("Pod", pod.name, { grace: 0 });
            assert.equal((await killed).exitCode, 137);
        }),
    );
});

describeOnCluster("a wait for pods", () => {
    it(
        "continues when the API server was away, and fails at once if it never responded",
        withNamespace(async (namespace) => {
            const { cluster, server } = namespace.cluster.kubeconfig;
            const proxy = await startApiServerProxy(server);
            const token = await adminToken();
            const through = await openAs(await namespace.kubeconfig({ ...cluster, server: proxy.url }, { token }));
            await namespace.apply(workload("Deployment", { image: "localhost:1/no:1" }));
            const reference = { kind: "Deployment", namespace: namespace.name, name: "kube0" } as const;
            const { signal } = new AbortController();
            try {
                const reports: string[] = [];
                const waiting = waitUntilReady(
                    through,
                    reference,
                    { timeout: 60 },
                    { report: (text) => reports.push(text), signal },
                );
                const reported = async (pattern: RegExp) => {
                    while (!reports.some((text) => pattern.test(text))) await sleep(50);
                };
                await reported(/^0 of 1 pods are ready/);
                await proxy.stop();
                await reported(/refused the connection/);
                await namespace.apply(workload("Deployment"));
                await proxy.start();
                assert.equal((await waiting).pods.length, 1);
            } finally {
                await proxy.stop();
            }
            const away = waitUntilReady(through, reference, { timeout: 60 }, { report: () => undefined, signal });
            await assert.rejects(away, { kind: "unreachable" });
        }),
    );
});

describeOnCluster("pods that do not become ready", () => {
    it(
        "say why no node takes them",
        withNamespace(async (namespace) => {
            await namespace.apply(workload("Deployment", { resources: { requests: { cpu: "1000" } } }));
            const { message, reasons } = await whyNot(namespace, "Deployment", /no node/);
            assert.match(
                message,
                /^0 of 1 pods are ready after 0 s in Deployment kube0 in the namespace \w+ of the cluster of the context test \(.*\):\nkube0-\S+: no node takes the pod: 0\/1 nodes are available: 1 Insufficient cpu/,
            );
            assert.deepEqual(
                reasons.map(({ kind }) => kind),
                ["unschedulable"],
            );
        }),
    );

    it(
        "say that their claim has no volume",
        withNamespace(async (namespace) => {
            await namespace.apply(workload("StatefulSet", mounted, {}, claims("no-such-class")));
            const { message, reasons } = await whyNot(namespace, "StatefulSet", /has no volume: .*not found/);
            assert.deepEqual(
                reasons.map(({ kind }) => kind),
                ["claim"],
            );
            assert.match(
                message,
                /\nkube0-0: the claim buildkitd-kube0-0 \(of the storage class no-such-class\) has no volume: .*no-such-class.*not found/,
            );
        }),
    );

    it(
        "say at once that the image is not valid, or why it is not pulled",
        withNamespace(async (namespace) => {
            await namespace.apply(workload("Deployment", { image: "Not A Name" }));
            const { message, seconds } = await whyNot(namespace, "Deployment");
            assert.match(message, /: the image Not A Name cannot be pulled: .*[iI]nvalid/);
            assert.ok(seconds < 30, `${seconds} s`);

            await namespace.delete("Deployment", "kube0");
            await namespace.apply(workload("Deployment", { image: "localhost:1/no:1" }));
            const { message: pulled, reasons } = await whyNot(namespace, "Deployment", /connection refused/);
            assert.ok(reasons.some(({ kind }) => kind === "image"));
            assert.match(
                pulled,
                /: the image (localhost:1\/no:1 )?cannot be pulled: .*localhost:1\/no:1.*connection refused/s,
            );
        }),
    );

    it(
        "show the end of the log of a buildkitd that exits at once",
        withNamespace(async (namespace) => {
            await namespace.apply(workload("StatefulSet", { args: ["--no-such-flag"] }));
            const { message, reasons, seconds } = await whyNot(namespace, "StatefulSet");
            assert.match(
                message,
                /\nkube0-0: the container buildkitd exited with code 1, and was restarted \S+( times)?\. Last lines of its log:\n(.*\n)*.*flag provided but not defined: -no-such-flag/,
            );
            assert.deepEqual(
                reasons.map(({ kind, isFinal }) => [kind, isFinal]),
                [["exited", true]],
            );
            assert.ok(seconds < 40, `${seconds} s`);
        }),
    );

    it(
        "say that a ConfigMap is missing, and that a quota allows no pods",
        withNamespace(async (namespace) => {
            const volumes = { volumes: [{ name: "config", configMap: { name: "gone" } }] };
            await namespace.apply(
                workload("Deployment", { volumeMounts: [{ name: "config", mountPath: "/etc/buildkit" }] }, volumes),
            );
            assert.match(
                (await whyNot(namespace, "Deployment", /"gone" not found/)).message,
                /FailedMount\): .*configmap "gone" not found/,
            );

            await namespace.delete("Deployment", "kube0");
            await namespace.apply({
                apiVersion: "v1",
                kind: "ResourceQuota",
                metadata: { name: "none" },
                spec: { hard: { pods: "0" } },
            });
            for (const kind of ["Deployment", "StatefulSet"] as const) {
                await namespace.apply(workload(kind));
                const { message } = await whyNot(namespace, kind, /exceeded quota/);
                assert.match(message, /\nkube0: no pod can be created: .*exceeded quota: none/);
                await namespace.delete(kind, "kube0");
            }
        }),
    );

    it(
        "say that the readiness probe does not succeed",
        withNamespace(async (namespace) => {
            await namespace.apply(
                workload("Deployment", { readinessProbe: { exec: { command: ["false"] }, periodSeconds: 1 } }),
            );
            const { message } = await whyNot(namespace, "Deployment", /probe failed/);
            assert.match(
                message,
                /the container buildkitd runs, and its readiness probe has not succeeded yet: Readiness probe failed/,
            );
        }),
    );

    it(
        "of an earlier template do not end the wait for the current one",
        withNamespace(async (namespace) => {
            await namespace.apply(workload("Deployment", { args: ["--no-such-flag"] }));
            await whyNot(namespace, "Deployment");
            await namespace.apply(workload("Deployment"));
            const { pods, reports } = await waitFor(namespace, "Deployment");
            assert.equal(pods.length, 1);
            for (const report of reports) assert.match(report, /^\d of 1 pods are ready/);
        }),
    );
});
