import { pause, type Waiting } from "../waiting";
import type { Cluster } from "./client";
import { ClusterError, isClusterError } from "./error";
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
 * @throws {ClusterError} if the workload does not exist (`notFound`), or the API server does not answer the first request.
 *   Later, it may be away until the time is over.
 * @throws the signal's reason if the signal aborts.
 */
export async function waitUntilReady(
    cluster: Cluster,
    reference: WorkloadReference,
    { timeout, pods = "all" }: ReadinessOptions,
    { report, signal }: Pick<Waiting, "report" | "signal">,
): Promise<Ready> {
    const deadline = performance.now() + timeout * 1000;
    let hasResponded = false;
    for (let looks = 1; ; looks++) {
        signal.throwIfAborted();
        const isOver = performance.now() > deadline;
        try {
            const found = await look(cluster, reference, pods, signal);
            hasResponded = true;
            if (found.isReady) return found;
            if (isOver || looks % looksPerReason === 0) {
                const { state, reasons } = await explain(cluster, found, signal);
                if (isOver || reasons.some(({ isFinal, isCurrent }) => isFinal && isCurrent))
                    throw notReady(cluster, reference, `${state}${isOver ? ` after ${timeout} s` : ""}`, reasons);
                const [first] = reasons;
                report(first === undefined ? state : `${state}: ${first.text.split("\n")[0]}`);
            }
        } catch (error) {
            // The API server may be restarted during the wait, for example by an upgrade.
            if (!hasResponded || isOver || !isClusterError(error, "unreachable")) throw error;
            report(error.why);
        }
        await pause(interval, signal);
    }
}

interface Look extends Ready {
    readonly isReady: boolean;
    /** All pods that are not terminating. */
    readonly all: readonly Pod[];
}

async function look(
    cluster: Cluster,
    reference: WorkloadReference,
    wanted: "all" | "one",
    signal: AbortSignal,
): Promise<Look> {
    const workload = await getWorkload(cluster, reference, signal);
    if (workload === undefined) throw missing(cluster, reference);
    const found = await listPods(cluster, reference.namespace, workload.selector, signal);
    const all = found.filter(({ isTerminating }) => !isTerminating);
    const pods = all.filter(({ isReady }) => isReady);
    return { workload, all, pods, isReady: wanted === "one" ? pods.length > 0 : workload.isRolledOut };
}

function notReady(
    cluster: Cluster,
    reference: WorkloadReference,
    state: string,
    reasons: readonly PodReason[],
): PodsNotReadyError {
    const text = reasons.map((reason) => `${reason.pod}: ${reason.text}`).join("\n");
    const where = `${nameOf(reference)} of ${cluster.where}`;
    return new PodsNotReadyError(`${state} in ${where}${text && `:\n${text}`}`, reasons);
}

interface PodReason extends NotReady {
    /** Name of the pod, or of the workload if there is no pod. */
    readonly pod: string;
    /** Whether the pod has the current template. A pod of an earlier template may never become ready, and goes. */
    readonly isCurrent: boolean;
}

/** Returns how many pods are ready, and why the others are not. */
async function explain(
    cluster: Cluster,
    { workload, all: pods, pods: ready }: Look,
    signal: AbortSignal,
): Promise<{ state: string; reasons: PodReason[] }> {
    const state = `${ready.length} of ${workload.replicas} pods are ready`;
    const current = currentPods(workload, pods);
    const ofPods = pods.map(async (pod) => {
        const reason = await whyNotReady(cluster, pod, signal);
        return reason === undefined ? [] : [{ ...reason, pod: pod.name, isCurrent: current.includes(pod) }];
    });
    const reasons = (await Promise.all(ofPods)).flat();
    if (pods.length >= workload.replicas) return { state, reasons };
    // The controller of a StatefulSet says only in events why it cannot create a pod.
    const created = await warnings(cluster, workload.namespace, workload.uid, signal);
    const failure = workload.failure ?? created.find(({ reason }) => reason === "FailedCreate")?.message;
    if (failure === undefined) return { state, reasons };
    const text = `no pod can be created: ${failure}`;
    const ofWorkload: PodReason = { kind: "refused", text, isFinal: false, pod: workload.name, isCurrent: true };
    return { state, reasons: [...reasons, ofWorkload] };
}

const missing = (cluster: Cluster, reference: WorkloadReference) =>
    new ClusterError(`the pods of ${nameOf(reference)} cannot become ready`, {
        kind: "notFound",
        why: `it does not exist in ${cluster.where}. Create it, or check its name and namespace`,
    });
