/** Server-side apply on a real API server. */
import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import {
    applyObject,
    deleteObject,
    fieldManager,
    getObject,
    managersOf,
    waitUntilGone,
} from "../../provider/cluster/apply";
import type { KubernetesObject } from "../../provider/cluster/objects";
import { buildkitImage, describeOnCluster, type TestNamespace, withNamespace } from "../support/cluster";

const deployment = (
    namespace: string,
    more: { replicas?: number; labels?: Record<string, string>; env?: object[] } = {},
): KubernetesObject => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "kube0", namespace, labels: { app: "kube0", ...more.labels } },
    spec: {
        ...(more.replicas !== undefined && { replicas: more.replicas }),
        selector: { matchLabels: { app: "kube0" } },
        template: {
            metadata: { labels: { app: "kube0" } },
            spec: {
                containers: [
                    {
                        name: "buildkitd",
                        image: buildkitImage,
                        command: ["sleep", "1000"],
                        ...(more.env && { env: more.env }),
                        // no process of this test should delay the removal of the namespace
                    },
                ],
                terminationGracePeriodSeconds: 0,
            },
        },
    },
});

/**
 * Waits until the garbage collector removes objects: after the start of a cluster, it first lists every object. Removals
 * that keep or first remove owned objects wait for the collector.
 */
async function collectorRuns({ name, cluster }: TestNamespace): Promise<void> {
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "collected", namespace: name } } as const;
    const reference = { kind: "ConfigMap", namespace: name, name: "collected" } as const;
    await applyObject(cluster, map, { force: true });
    await deleteObject(cluster, reference, { propagation: "Foreground" });
    while ((await getObject(cluster, reference)) !== undefined) await sleep(50);
}

const reference = (namespace: string) => ({ kind: "Deployment", namespace, name: "kube0" }) as const;

interface Container {
    name: string;
    env?: unknown;
}

describeOnCluster("server-side apply", () => {
    it(
        "changes and removes its own fields, and leaves the fields of others alone",
        withNamespace(async (namespace) => {
            const { cluster, name } = namespace;
            const env = [{ name: "A", value: "1" }];
            const made = await applyObject(cluster, deployment(name, { replicas: 0, labels: { ours: "1" }, env }), {
                force: false,
            });
            assert.deepEqual(managersOf(made, ["spec", "replicas"]), [fieldManager]);

            // An autoscaler, an injected sidecar and an annotation.
            await namespace.kubectl("scale", "deployment", "kube0", "--replicas", "1");
            await namespace.kubectl("annotate", "deployment", "kube0", "theirs=1");
            const sidecar = [{ name: "sidecar", image: buildkitImage, command: ["sleep", "1000"] }];
            const patch = { spec: { template: { spec: { containers: sidecar } } } };
            await namespace.kubectl("patch", "deployment", "kube0", "--patch", JSON.stringify(patch));

            const found = (await getObject(cluster, reference(name))) as KubernetesObject;
            assert.ok(managersOf(found, ["spec", "replicas"]).some((manager) => manager !== fieldManager));

            const changed = await applyObject(cluster, deployment(name, { labels: { ours: "2" } }), { force: true });
            const { metadata } = changed;
            const spec = changed.spec as unknown as {
                replicas: number;
                template: { spec: { containers: Container[] } };
            };
            assert.equal(spec.replicas, 1);
            assert.equal(metadata.annotations?.theirs, "1");
            assert.deepEqual(metadata.labels, { app: "kube0", ours: "2" });
            assert.deepEqual(spec.template.spec.containers.map(({ name: of }) => of).sort(), ["buildkitd", "sidecar"]);
            const own = spec.template.spec.containers.find(({ name: of }) => of === "buildkitd");
            assert.equal(own?.env, undefined);

            const again = await applyObject(cluster, deployment(name, { labels: { ours: "2" } }), { force: true });
            // Not resourceVersion: the controller of the Deployment writes its status in between.
            const applied = ({ metadata: { generation, labels, managedFields = [] } }: KubernetesObject) => [
                generation,
                labels,
                managedFields.filter(({ manager }) => manager === fieldManager),
            ];
            assert.deepEqual(applied(again), applied(changed));
        }),
    );

    it(
        "shows with a dry run what it would do, and what is refused",
        withNamespace(async (namespace) => {
            const { cluster, name } = namespace;
            const options = { force: true, dryRun: true };
            assert.equal(
                (await applyObject(cluster, deployment(name, { replicas: 0 }), options)).metadata.name,
                "kube0",
            );
            assert.equal(await getObject(cluster, reference(name)), undefined);

            await applyObject(cluster, deployment(name, { replicas: 0 }), { force: true });
            const other = deployment(name, { replicas: 0 });
            const immutable = { ...other, spec: { ...other.spec, selector: { matchLabels: { app: "other" } } } };
            await assert.rejects(applyObject(cluster, immutable, options), {
                kind: "invalid",
                message: /field is immutable|`selector`/,
            });
        }),
    );

    it(
        "is undone: an object is removed with or without what it owns, and only if it is still the same",
        withNamespace(async (namespace) => {
            const { cluster, name } = namespace;
            const { metadata } = await applyObject(cluster, deployment(name, { replicas: 1 }), { force: true });
            const uid = metadata.uid as string;
            const other = "00000000-0000-0000-0000-000000000000";
            assert.equal(
                await deleteObject(cluster, reference(name), { propagation: "Background", uid: other }),
                false,
            );

            const replicaSets = () => namespace.list("ReplicaSet");
            while ((await replicaSets()).length === 0) await sleep(50);
            await collectorRuns(namespace);
            assert.equal(await deleteObject(cluster, reference(name), { propagation: "Orphan", uid }), true);
            await waitUntilGone(cluster, reference(name), { uid, timeout: 20 });
            assert.notDeepEqual(await replicaSets(), []);
            assert.equal(await deleteObject(cluster, reference(name), { propagation: "Orphan" }), false);

            const again = await applyObject(cluster, deployment(name, { replicas: 1 }), { force: true });
            // Until its controller has adopted the orphan, the Deployment owns nothing that could be removed first.
            const owners = async () =>
                (await replicaSets()).flatMap(({ metadata: { ownerReferences = [] } }) => ownerReferences);
            while ((await owners()).map((owner) => owner.uid).join() !== again.metadata.uid) await sleep(50);
            assert.equal(await deleteObject(cluster, reference(name), { propagation: "Foreground" }), true);
            await waitUntilGone(cluster, reference(name), { uid: again.metadata.uid, timeout: 20 });
            // If the garbage collector has not seen the adoption yet, it removes the orphan afterwards.
            while ((await replicaSets()).length > 0) await sleep(50);
        }),
    );
});
