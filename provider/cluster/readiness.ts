import type { Waiting } from "../waiting";
import type { Cluster } from "./client";
import type { NotReady } from "./notReady";
import type { Pod, Workload, WorkloadKind } from "./workloads";

export interface Ready {
    readonly workload: Workload;
    /** The pods of the workload that are ready. */
    readonly pods: readonly Pod[];
}

export interface ReadinessOptions {
    /** Seconds until the wait ends with an error. */
    readonly timeout: number;
    /** Whether all replicas have to be ready and rolled out, or one ready pod is enough. @default "all" */
    readonly pods?: "all" | "one";
}

/** Thrown if the pods of a workload do not become ready. The message says why, for each pod that is not ready. */
export class NotReadyError extends Error {
    /** @param reasons why each pod is not ready. Empty if there is no pod. */
    constructor(
        message: string,
        readonly reasons: readonly NotReady[],
    ) {
        super(message);
    }
}

/**
 * Waits until the pods of a workload are ready. It reports what it waits for, for example `0 of 2 pods are ready: no
 * node takes the pod kube0-1`.
 *
 * @throws {NotReadyError} after `timeout` seconds, and at once if waiting is pointless: a buildkitd that exits with an
 *   error again and again, or an image name that is not valid.
 * @throws {ClusterError} if the workload does not exist (`notFound`), or the API server does not answer.
 * @throws the signal's reason if the signal aborts.
 */
export async function waitUntilReady(
    cluster: Cluster,
    workload: { readonly kind: WorkloadKind; readonly namespace: string; readonly name: string },
    options: ReadinessOptions,
    waiting: Pick<Waiting, "report" | "signal">,
): Promise<Ready> {
    void [cluster, workload, options, waiting];
    throw new Error("not implemented");
}
