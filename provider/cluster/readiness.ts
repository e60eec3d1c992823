import { pause, type Waiting } from "../waiting";
import type { Cluster } from "./client";
import { ClusterError } from "./error";
import { type NotReady, warnings, whyNotReady } from "./notReady";
import { nameOf } from "./objects";
import { currentPods, getWorkload, listPods, type Pod, type Workload, type WorkloadReference } from "./workloads";

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
export class PodsNotReadyError extends Error {
    /** @param reasons why each pod is not ready. Empty if there is no pod, and nothing says why. */
    constructor(
        message: string,
        readonly reasons: readonly NotReady[],
    ) {
        super(message);
    }
}

/** Milliseconds between two looks at the pods. */
const interval = 250;

/** Number of looks after which the reasons are queried again. They take more requests. */
const looksPerReason = 4;

/**
 * Waits until the pods of a workload are ready. It reports what it waits for, for example `0 of 2 pods are ready: no
 * node takes the pod: …`.
 *
 * @throws {PodsNotReadyError} after `timeout` seconds, and at once if waiting is pointless: a buildkitd that exits with
 *   an error again and again, or an image that does not exist.
 * @throws {ClusterError} if the workload does not exist (`notFound`), or the API server does not answer.
 * @throws the signal's reason if the signal aborts.
 */
export async function waitUntilReady(
    cluster: Cluster,
    reference: WorkloadReference,
    { timeout, pods: wanted = "all" }: ReadinessOptions,
    { report, signal }: Pick<Waiting, "report" | "signal">,
): Promise<Ready> {
    const deadline = performance.now() + timeout * 1000;
    for (let look = 0; ; look++) {
        signal.throwIfAborted();
        const workload = await getWorkload(cluster, reference, signal);
        if (workload === undefined) throw missing(cluster, reference);
        const pods = (await listPods(cluster, reference.namespace, workload.selector, signal)).filter(
            ({ isTerminating }) => !isTerminating,
        );
        const ready = pods.filter(({ isReady }) => isReady);
        if (wanted === "one" ? ready.length > 0 : workload.isRolledOut) return { workload, pods: ready };
        const isOver = performance.now() > deadline;
        if (isOver || look % looksPerReason === looksPerReason - 1) {
            const reasons = await reasonsOf(cluster, workload, pods, signal);
            const state = `${ready.length} of ${workload.replicas} pods are ready`;
            if (isOver || reasons.some(({ isFinal, isCurrent }) => isFinal && isCurrent)) {
                const limit = isOver ? ` after ${timeout} s` : "";
                const text = reasons.map(({ pod, text }) => `${pod}: ${text}`).join("\n");
                throw new PodsNotReadyError(
                    `${state}${limit} in ${nameOf(reference)} of ${cluster.where}${text && `:\n${text}`}`,
                    reasons,
                );
            }
            const [first] = reasons;
            report(first === undefined ? state : `${state}: ${first.text.split("\n")[0]}`);
        }
        await pause(interval, signal);
    }
}

interface PodReason extends NotReady {
    /** Name of the pod, or of the workload if there is no pod. */
    readonly pod: string;
    /** Whether the pod has the current template. A pod of an earlier template may never become ready, and goes. */
    readonly isCurrent: boolean;
}

async function reasonsOf(
    cluster: Cluster,
    workload: Workload,
    pods: readonly Pod[],
    signal: AbortSignal,
): Promise<PodReason[]> {
    const current = currentPods(workload, pods);
    const ofPods = pods.map(async (pod) => {
        const reason = await whyNotReady(cluster, pod, signal);
        return reason === undefined ? [] : [{ ...reason, pod: pod.name, isCurrent: current.includes(pod) }];
    });
    const reasons = (await Promise.all(ofPods)).flat();
    if (pods.length >= workload.replicas) return reasons;
    // The controller of a StatefulSet says only in events why it cannot create a pod.
    const created = await warnings(cluster, workload.namespace, workload.uid, signal);
    const failure = workload.failure ?? created.find(({ reason }) => reason === "FailedCreate")?.message;
    if (failure === undefined) return reasons;
    const text = `no pod can be created: ${failure}`;
    return [...reasons, { kind: "refused", text, isFinal: false, pod: workload.name, isCurrent: true }];
}

const missing = (cluster: Cluster, reference: WorkloadReference) =>
    new ClusterError(`the pods of ${nameOf(reference)} cannot become ready`, {
        kind: "notFound",
        why: `it does not exist in ${cluster.where}. Create it, or check its name and namespace`,
    });
