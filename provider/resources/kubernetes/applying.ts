import type { Call } from "../../bridges/lifecycle";
import type { Workers } from "../../buildkit/workers";
import type { Cluster } from "../../cluster/client";
import type { KubernetesObject } from "../../cluster/objects";
import type { WorkloadKind } from "../../cluster/workloads";
import type { ObservedNode } from "./observeNode";
import type { Step } from "./steps";

/** What was found of a node whose pods are ready. */
export interface ReadyNode {
    readonly kind: WorkloadKind;
    /** Names of the pods. */
    readonly pods: readonly string[];
    readonly claims: readonly string[];
    readonly workers: Workers;
}

/** A workload that was restored after a failure. */
export interface RestoredWorkload {
    readonly cluster: Cluster;
    /** The workload as it was before. */
    readonly object: KubernetesObject;
}

/** The run of a plan. */
export interface Applying {
    readonly call: Call;
    /** The cluster of each node. */
    readonly clusters: ReadonlyMap<string, Cluster>;
    /** The nodes before the run, by name. */
    readonly nodes: ReadonlyMap<string, ObservedNode>;
    /** The steps begun so far that change something. */
    readonly begun: Step[];
    /** What the nodes reported that were waited for, by node. */
    readonly ready: Map<string, ReadyNode>;
    /** The workloads that were restored after a failure. */
    readonly restored: RestoredWorkload[];
}
