import { getObject, listObjects } from "./apply";
import type { Cluster } from "./client";
import type { KubernetesObject } from "./objects";

export type WorkloadKind = "Deployment" | "StatefulSet";

/** Which workload is meant. */
export interface WorkloadReference {
    readonly kind: WorkloadKind;
    readonly namespace: string;
    readonly name: string;
}

/** A Deployment or a StatefulSet, and how far its rollout is. */
export interface Workload extends WorkloadReference {
    readonly uid: string;
    /** The labels by which it selects its pods. Expressions of the selector are not part of it. */
    readonly selector: Readonly<Record<string, string>>;
    /** Number of pods that it should have. */
    readonly replicas: number;
    /** Number of pods that are ready, of the current and of earlier revisions. */
    readonly readyReplicas: number;
    /** Whether all pods have the current template, all of them are ready, and no pod of an earlier revision is left. */
    readonly isRolledOut: boolean;
    /** Whether its controller has created pods with the current template. */
    readonly hasUpdatedPods: boolean;
    /** Whether it is being removed. */
    readonly isTerminating: boolean;
    /** Why its controller cannot create pods, for example a quota, if the status says so. That of a StatefulSet does not. */
    readonly failure: string | undefined;
    readonly object: KubernetesObject;
}

/** Returns a workload, or `undefined` if it does not exist. */
export async function getWorkload(
    cluster: Cluster,
    reference: WorkloadReference,
    signal?: AbortSignal,
): Promise<Workload | undefined> {
    const object = await getObject(cluster, reference, signal);
    return object && toWorkload(reference, object);
}

/** Returns the Deployment or StatefulSet of a name: a Deployment if there are both. `undefined` if there is none. */
export async function findWorkload(
    cluster: Cluster,
    namespace: string,
    name: string,
    signal?: AbortSignal,
): Promise<Workload | undefined> {
    const of = (kind: WorkloadKind) => getWorkload(cluster, { kind, namespace, name }, signal);
    const [deployment, statefulSet] = await Promise.all([of("Deployment"), of("StatefulSet")]);
    return deployment ?? statefulSet;
}

interface WorkloadSpec {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Record<string, string> };
    readonly updateStrategy?: { readonly type?: string };
}

interface WorkloadStatus {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly conditions?: readonly Condition[];
}

/** A condition in the status of an object. */
export interface Condition {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
}

function toWorkload({ kind, namespace, name }: WorkloadReference, object: KubernetesObject): Workload {
    const { replicas = 1, selector, updateStrategy } = (object.spec ?? {}) as WorkloadSpec;
    const status = (object.status ?? {}) as WorkloadStatus;
    const { readyReplicas = 0, updatedReplicas = 0, observedGeneration = 0, conditions = [] } = status;
    const isObserved = observedGeneration >= (object.metadata.generation ?? 0);
    // With OnDelete, pods get a new template only when somebody removes them.
    const isUpdated = updateStrategy?.type === "OnDelete" || updatedReplicas === replicas;
    return {
        kind,
        namespace,
        name,
        uid: object.metadata.uid ?? "",
        selector: selector?.matchLabels ?? {},
        replicas,
        readyReplicas,
        isRolledOut: isObserved && isUpdated && readyReplicas === replicas && (status.replicas ?? 0) === replicas,
        hasUpdatedPods: isObserved && updatedReplicas > 0,
        isTerminating: object.metadata.deletionTimestamp !== undefined,
        failure: conditions.find((each) => each.type === "ReplicaFailure" && each.status === "True")?.message,
        object,
    };
}

/** A pod. */
export interface Pod {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly isReady: boolean;
    readonly isTerminating: boolean;
    /** Whether the first container runs: only then can `buildctl` run in it. */
    readonly isRunning: boolean;
    /** Name of the first container, in which buildx runs `buildctl`. */
    readonly container: string;
    /** The image of the first container with its digest, once the container runs. */
    readonly imageId: string | undefined;
    /** Hash of the template that it was created from. */
    readonly revision: string | undefined;
    /** Name of the node. `undefined` if the pod is not scheduled. */
    readonly node: string | undefined;
    /** Names of the claims that the pod mounts. */
    readonly claims: readonly string[];
    readonly object: KubernetesObject;
}

/** Returns the pods that have all these labels, ordered by name. */
export async function listPods(
    cluster: Cluster,
    namespace: string,
    labels: Readonly<Record<string, string>>,
    signal?: AbortSignal,
): Promise<Pod[]> {
    const found = await listObjects(cluster, "Pod", namespace, labels, signal);
    return found.map((object) => toPod(namespace, object)).sort((one, other) => (one.name < other.name ? -1 : 1));
}

/**
 * Returns the pods that have the current template of their workload. A Deployment does not say which template that is:
 * it is the template of the newest pod.
 */
export function currentPods(workload: Workload, pods: readonly Pod[]): Pod[] {
    if (!workload.hasUpdatedPods) return [];
    const timeOf = ({ object }: Pod) => object.metadata.creationTimestamp ?? "";
    const newest = [...pods].sort((one, other) => (timeOf(one) > timeOf(other) ? -1 : 1))[0];
    const { updateRevision = newest?.revision } = (workload.object.status ?? {}) as { updateRevision?: string };
    return pods.filter(({ revision }) => revision === updateRevision);
}

interface PodSpec {
    readonly nodeName?: string;
    readonly containers?: readonly { readonly name: string }[];
    readonly volumes?: readonly { readonly persistentVolumeClaim?: { readonly claimName: string } }[];
}

interface PodStatus {
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly { name: string; imageID?: string; state?: { running?: unknown } }[];
}

function toPod(namespace: string, object: KubernetesObject): Pod {
    const { nodeName, containers = [], volumes = [] } = (object.spec ?? {}) as PodSpec;
    const { conditions = [], containerStatuses = [] } = (object.status ?? {}) as PodStatus;
    const container = containers[0]?.name ?? "";
    const { labels = {} } = object.metadata;
    const first = containerStatuses.find(({ name }) => name === container);
    return {
        namespace,
        name: object.metadata.name,
        uid: object.metadata.uid ?? "",
        isReady: conditions.some(({ type, status }) => type === "Ready" && status === "True"),
        isTerminating: object.metadata.deletionTimestamp !== undefined,
        isRunning: first?.state?.running !== undefined,
        container,
        imageId: first?.imageID || undefined,
        revision: labels["controller-revision-hash"] ?? labels["pod-template-hash"],
        node: nodeName,
        claims: volumes.flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []),
        object,
    };
}

/** A claim on a volume. */
export interface Claim {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly isBound: boolean;
    readonly isTerminating: boolean;
    /** Requested size, as a quantity, for example `10Gi`. */
    readonly storage: string | undefined;
    readonly storageClass: string | undefined;
    readonly accessModes: readonly string[];
    readonly object: KubernetesObject;
}

/** Returns a claim, or `undefined` if it does not exist. */
export async function getClaim(
    cluster: Cluster,
    namespace: string,
    name: string,
    signal?: AbortSignal,
): Promise<Claim | undefined> {
    const object = await getObject(cluster, { kind: "PersistentVolumeClaim", namespace, name }, signal);
    return object && toClaim(namespace, object);
}

/**
 * Returns the claims that a StatefulSet creates from the template of a name, ordered by the number of their pod. Their
 * names are `<template>-<StatefulSet>-<number>`, and they have the labels of the StatefulSet's selector.
 */
export async function listClaims(
    cluster: Cluster,
    namespace: string,
    template: string,
    statefulSet: string,
    signal?: AbortSignal,
): Promise<Claim[]> {
    const found = await listObjects(cluster, "PersistentVolumeClaim", namespace, {}, signal);
    const prefix = `${template}-${statefulSet}-`;
    const numberOf = ({ metadata: { name } }: KubernetesObject) => Number(name.slice(prefix.length));
    return found
        .filter(({ metadata: { name } }) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
        .sort((one, other) => numberOf(one) - numberOf(other))
        .map((object) => toClaim(namespace, object));
}

interface ClaimSpec {
    readonly accessModes?: readonly string[];
    readonly storageClassName?: string;
    readonly resources?: { readonly requests?: { readonly storage?: string } };
}

function toClaim(namespace: string, object: KubernetesObject): Claim {
    const { accessModes = [], storageClassName, resources } = (object.spec ?? {}) as ClaimSpec;
    return {
        namespace,
        name: object.metadata.name,
        uid: object.metadata.uid ?? "",
        isBound: object.status?.phase === "Bound",
        isTerminating: object.metadata.deletionTimestamp !== undefined,
        storage: resources?.requests?.storage,
        storageClass: storageClassName,
        accessModes,
        object,
    };
}
