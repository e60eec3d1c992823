import type { Cluster } from "./client";
import type { KubernetesObject } from "./objects";

export type WorkloadKind = "Deployment" | "StatefulSet";

/** A Deployment or a StatefulSet, and how far its rollout is. */
export interface Workload {
    readonly kind: WorkloadKind;
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    /** The labels by which it selects its pods. Selectors with expressions are not supported, they are empty. */
    readonly selector: Readonly<Record<string, string>>;
    /** Number of pods that it should have. */
    readonly replicas: number;
    /** Number of pods that are ready, of the current and of earlier revisions. */
    readonly readyReplicas: number;
    /** Whether all pods have the current template, all of them are ready, and no other pod is left. */
    readonly isRolledOut: boolean;
    /** Whether it is being removed. */
    readonly isTerminating: boolean;
    /** Why the controller cannot create pods, for example a quota. `undefined` if it can. */
    readonly failure: string | undefined;
    readonly object: KubernetesObject;
}

/** A pod. */
export interface Pod {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly isReady: boolean;
    readonly isTerminating: boolean;
    /** Whether the container of buildkitd runs: only then can `buildctl` run in it. */
    readonly isRunning: boolean;
    /** Name of the first container, in which buildx runs `buildctl`. */
    readonly container: string;
    /** The image of the first container by its digest, once the pod runs. */
    readonly imageId: string | undefined;
    /** Name of the node. `undefined` if the pod is not scheduled. */
    readonly node: string | undefined;
    /** Names of the claims that the pod mounts. */
    readonly claims: readonly string[];
    readonly object: KubernetesObject;
}

/** Returns a workload, or `undefined` if it does not exist. */
export async function getWorkload(
    cluster: Cluster,
    kind: WorkloadKind,
    namespace: string,
    name: string,
    signal?: AbortSignal,
): Promise<Workload | undefined> {
    void [cluster, kind, namespace, name, signal];
    throw new Error("not implemented");
}

/** Returns the Deployment or StatefulSet of a name: a Deployment if there are both. `undefined` if there is none. */
export async function findWorkload(
    cluster: Cluster,
    namespace: string,
    name: string,
    signal?: AbortSignal,
): Promise<Workload | undefined> {
    void [cluster, namespace, name, signal];
    throw new Error("not implemented");
}

/** Returns the pods that have all these labels, ordered by name. */
export async function listPods(
    cluster: Cluster,
    namespace: string,
    labels: Readonly<Record<string, string>>,
    signal?: AbortSignal,
): Promise<Pod[]> {
    void [cluster, namespace, labels, signal];
    throw new Error("not implemented");
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

/**
 * Returns the claims that a StatefulSet creates from the template of a name, ordered by the number of their pod:
 * `<template>-<StatefulSet>-<number>`.
 */
export async function listClaims(
    cluster: Cluster,
    namespace: string,
    template: string,
    statefulSet: string,
    signal?: AbortSignal,
): Promise<Claim[]> {
    void [cluster, namespace, template, statefulSet, signal];
    throw new Error("not implemented");
}
