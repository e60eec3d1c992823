import { fieldManager, getObject, pathOf, waitUntilGone } from "./apply";
import type { Cluster } from "./client";
import { type KubernetesObject, nameOf, referenceTo } from "./objects";

/**
 * Restores an object as it was found. An object that was removed is created again. In an object that was changed, the
 * labels, the annotations and the content are replaced.
 *
 * @param object the object as the cluster returned it.
 * @param untilGone seconds until an object that is still being removed is given up on.
 * @throws {ClusterError} if the cluster refuses the object.
 */
export async function restoreObject(cluster: Cluster, object: KubernetesObject, untilGone: number): Promise<void> {
    const reference = referenceTo(object);
    const found = await getObject(cluster, reference);
    if (found?.metadata.deletionTimestamp === undefined && found !== undefined) return reset(cluster, object, found);
    if (found !== undefined)
        await waitUntilGone(cluster, reference, { uid: found.metadata.uid ?? "", timeout: untilGone });
    await recreate(cluster, object);
}

/** Creates an object again with its earlier field manager, so that its creator can change the object as before. */
async function recreate(cluster: Cluster, object: KubernetesObject): Promise<void> {
    const { metadata, status: _, ...content } = object;
    const { name, namespace, labels, annotations, ownerReferences, finalizers, managedFields = [] } = metadata;
    const managers = managedFields.filter(({ subresource }) => subresource === undefined);
    const last = managers.find(({ operation }) => operation === "Apply") ?? managers[0];
    const body = { ...content, metadata: { name, namespace, labels, annotations, ownerReferences, finalizers } };
    const failed = `${nameOf(referenceTo(object))} cannot be restored`;
    const path = pathOf(referenceTo(object));
    const query = `fieldManager=${encodeURIComponent(last?.manager ?? fieldManager)}`;
    if (last?.operation === "Apply") {
        const contentType = "application/apply-patch+yaml";
        await cluster.request({ method: "PATCH", path: `${path}?force=true&${query}`, body, contentType, failed });
    } else {
        const folder = path.slice(0, path.lastIndexOf("/"));
        await cluster.request({ method: "POST", path: `${folder}?${query}`, body, failed });
    }
}

async function reset(cluster: Cluster, object: KubernetesObject, found: KubernetesObject): Promise<void> {
    const replaced = (path: string, before: unknown, now: unknown) =>
        before !== undefined ? [{ op: "add", path, value: before }] : now !== undefined ? [{ op: "remove", path }] : [];
    const body = [
        ...(["labels", "annotations"] as const).flatMap((key) =>
            replaced(`/metadata/${key}`, object.metadata[key], found.metadata[key]),
        ),
        ...(["spec", "data", "binaryData"] as const).flatMap((key) => replaced(`/${key}`, object[key], found[key])),
    ];
    const path = pathOf(referenceTo(object));
    const failed = `${nameOf(referenceTo(object))} cannot be restored`;
    await cluster.request({ method: "PATCH", path, body, contentType: "application/json-patch+json", failed });
}
