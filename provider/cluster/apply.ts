import { pause } from "../waiting";
import type { Cluster } from "./client";
import { isClusterError } from "./error";
import { type Kind, kinds, type KubernetesObject, nameOf, type ObjectReference, referenceTo } from "./objects";

/** The field manager of this package in server-side apply. */
export const fieldManager = "pulumi-buildx";

export interface ApplyOptions {
    /** Whether fields of other field managers are taken over. If not, such fields are a `conflict`. */
    readonly force: boolean;
    /** Asks the API server for the result and for its refusal, and changes nothing. @default false */
    readonly dryRun?: boolean;
    readonly signal?: AbortSignal | undefined;
}

/**
 * Creates or changes an object with server-side apply. Fields that this package applied before and that the object no
 * longer has are removed. Fields of other field managers are left alone. Returns the object as the cluster has it.
 *
 * @param object must have a namespace.
 * @throws {ClusterError} `notFound` if the namespace does not exist; `invalid` also if an immutable field would change.
 */
export async function applyObject(
    cluster: Cluster,
    object: KubernetesObject,
    { force, dryRun = false, signal }: ApplyOptions,
): Promise<KubernetesObject> {
    const reference = referenceTo(object);
    const query = new URLSearchParams({ fieldManager, force: `${force}`, ...(dryRun && { dryRun: "All" }) });
    const path = `${pathOf(reference)}?${query.toString()}`;
    // The API server accepts YAML for an apply, and JSON is YAML.
    const contentType = "application/apply-patch+yaml";
    const failed = `${nameOf(reference)} cannot be applied`;
    return cluster.request({ method: "PATCH", path, body: object, contentType, failed }, signal);
}

/** Returns an object, or `undefined` if it does not exist. */
export async function getObject(
    cluster: Cluster,
    reference: ObjectReference,
    signal?: AbortSignal,
): Promise<KubernetesObject | undefined> {
    const failed = `${nameOf(reference)} cannot be read`;
    return unlessMissing(
        cluster.request<KubernetesObject>({ method: "GET", path: pathOf(reference), failed }, signal),
        undefined,
    );
}

/** Returns the objects of a kind in a namespace that have all these labels. */
export async function listObjects(
    cluster: Cluster,
    kind: Kind,
    namespace: string,
    labels: Readonly<Record<string, string>>,
    signal?: AbortSignal,
): Promise<KubernetesObject[]> {
    const labelSelector = Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(",");
    return list(cluster, kind, namespace, { labelSelector }, signal);
}

/** Returns the objects of a kind in a namespace that have these fields, for example `involvedObject.uid`. */
export const listByFields = (
    cluster: Cluster,
    kind: Kind,
    namespace: string,
    fields: Readonly<Record<string, string>>,
    signal?: AbortSignal,
): Promise<KubernetesObject[]> => {
    const fieldSelector = Object.entries(fields)
        .map(([key, value]) => `${key}=${value}`)
        .join(",");
    return list(cluster, kind, namespace, { fieldSelector }, signal);
};

async function list(
    cluster: Cluster,
    kind: Kind,
    namespace: string,
    selectors: Record<string, string>,
    signal: AbortSignal | undefined,
): Promise<KubernetesObject[]> {
    const { apiVersion, plural } = kinds[kind];
    const path = `${folderOf(kind, namespace)}?${new URLSearchParams(selectors).toString()}`;
    const failed = `the ${plural} in the namespace ${namespace} cannot be listed`;
    const { items } = await cluster.request<{ items: Omit<KubernetesObject, "apiVersion" | "kind">[] }>(
        { method: "GET", path, failed },
        signal,
    );
    return items.map((item) => ({ ...item, apiVersion, kind }));
}

export interface DeleteOptions {
    /**
     * What happens to the objects that this object owns, such as the pods of a StatefulSet: `Foreground` removes the
     * owned objects first, `Background` removes them afterwards, `Orphan` keeps them.
     */
    readonly propagation: "Foreground" | "Background" | "Orphan";
    /** Removes the object only if it has this `uid`. Otherwise, the object is another one of the same name. */
    readonly uid?: string | undefined;
    readonly signal?: AbortSignal | undefined;
}

/** Removes an object. Returns whether it existed. It does not wait until the object is gone. */
export async function deleteObject(
    cluster: Cluster,
    reference: ObjectReference,
    { propagation, uid, signal }: DeleteOptions,
): Promise<boolean> {
    const body = {
        apiVersion: "v1",
        kind: "DeleteOptions",
        propagationPolicy: propagation,
        ...(uid !== undefined && { preconditions: { uid } }),
    };
    const failed = `${nameOf(reference)} cannot be removed`;
    const removed = cluster
        .request({ method: "DELETE", path: pathOf(reference), body, failed }, signal)
        .then(() => true);
    return unlessMissing(removed, false).catch((error: unknown) => {
        if (uid !== undefined && isClusterError(error, "conflict")) return false;
        throw error;
    });
}

/**
 * Waits until an object no longer exists, or another object has its name.
 *
 * @param uid the object's `uid`.
 * @param timeout in seconds.
 * @throws {Error} if the object still exists after this time.
 */
export async function waitUntilGone(
    cluster: Cluster,
    reference: ObjectReference,
    { uid, timeout, signal }: { readonly uid: string; readonly timeout: number; readonly signal?: AbortSignal },
): Promise<void> {
    const deadline = performance.now() + timeout * 1000;
    for (;;) {
        const found = await getObject(cluster, reference, signal);
        if (found === undefined || found.metadata.uid !== uid) return;
        if (performance.now() > deadline)
            throw new Error(
                `${nameOf(reference)} was not removed within ${timeout} s: ${whatHolds(found)}. See: kubectl --namespace ${reference.namespace} describe ${reference.kind.toLowerCase()} ${reference.name}`,
            );
        await pause(250, signal);
    }
}

function whatHolds({ metadata }: KubernetesObject): string {
    const { finalizers = [] } = metadata;
    if (metadata.deletionTimestamp === undefined) return "nothing removes it";
    return finalizers.length > 0 ? `it waits for ${finalizers.join(", ")}` : "it is still being removed";
}

/**
 * Returns the field managers that have a field of an object.
 *
 * @param path keys of the field, for example `["spec", "replicas"]`. Elements of lists are not supported.
 */
export function managersOf({ metadata }: KubernetesObject, path: readonly string[]): string[] {
    const has = (fields: Readonly<Record<string, unknown>> | undefined) =>
        path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[`f:${key}`], fields) !==
        undefined;
    const managers = (metadata.managedFields ?? []).filter(({ fieldsV1 }) => has(fieldsV1));
    return [...new Set(managers.map(({ manager }) => manager))];
}

/** Returns the path of an object in the API. */
export const pathOf = ({ kind, namespace, name }: ObjectReference): string =>
    `${folderOf(kind, namespace)}/${encodeURIComponent(name)}`;

function folderOf(kind: Kind, namespace: string): string {
    const { apiVersion, plural } = kinds[kind];
    const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    return kind === "Namespace"
        ? `${group}/${plural}`
        : `${group}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

const unlessMissing = <Value, Other>(work: Promise<Value>, otherwise: Other): Promise<Value | Other> =>
    work.catch((error: unknown) => {
        if (isClusterError(error, "notFound")) return otherwise;
        throw error;
    });
