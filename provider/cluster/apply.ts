import type { Cluster } from "./client";
import type { Kind, KubernetesObject, ObjectReference } from "./objects";

/** The field manager of this package in server-side apply. */
export const fieldManager = "pulumi-buildx";

export interface ApplyOptions {
    /**
     * Whether fields of other field managers are taken over. Otherwise such fields are a `conflict`.
     */
    readonly force: boolean;
    /** Asks the API server for the result and for its refusal, and changes nothing. @default false */
    readonly dryRun?: boolean;
    readonly signal?: AbortSignal | undefined;
}

/**
 * Creates or changes an object with server-side apply. Fields that this package applied before and that the object no
 * longer has are removed. Fields of other field managers are left alone. Returns the object as the cluster has it.
 *
 * @throws {ClusterError} `notFound` if the namespace does not exist; `invalid` also if an immutable field would change.
 */
export async function applyObject(
    cluster: Cluster,
    object: KubernetesObject,
    options: ApplyOptions,
): Promise<KubernetesObject> {
    void [cluster, object, options];
    throw new Error("not implemented");
}

/** Returns an object, or `undefined` if it does not exist. */
export async function getObject(
    cluster: Cluster,
    reference: ObjectReference,
    signal?: AbortSignal,
): Promise<KubernetesObject | undefined> {
    void [cluster, reference, signal];
    throw new Error("not implemented");
}

/** Returns the objects of a kind in a namespace that have all these labels. */
export async function listObjects(
    cluster: Cluster,
    kind: Kind,
    namespace: string,
    labels: Readonly<Record<string, string>>,
    signal?: AbortSignal,
): Promise<KubernetesObject[]> {
    void [cluster, kind, namespace, labels, signal];
    throw new Error("not implemented");
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
    options: DeleteOptions,
): Promise<boolean> {
    void [cluster, reference, options];
    throw new Error("not implemented");
}

/** Waits until an object no longer exists. @throws {Error} after `timeout` seconds. */
export async function waitUntilGone(
    cluster: Cluster,
    reference: ObjectReference,
    timeout: number,
    signal?: AbortSignal,
): Promise<void> {
    void [cluster, reference, timeout, signal];
    throw new Error("not implemented");
}

/**
 * Returns the field managers that have a field of an object.
 *
 * @param path keys of the field, for example `["spec", "replicas"]`. Elements of lists are not supported.
 */
export function managersOf(object: KubernetesObject, path: readonly string[]): string[] {
    void [object, path];
    throw new Error("not implemented");
}
