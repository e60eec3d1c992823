import type { Cluster } from "./client";
import type { Pod } from "./workloads";

/**
 * Why a pod is not ready:
 *
 * - `unschedulable`: no node takes the pod. The text is the scheduler's.
 * - `claim`: a claim of the pod has no volume.
 * - `image`: the image cannot be pulled.
 * - `exited`: a container exited. The text has the exit code and the end of its log.
 * - `refused`: the kubelet or the container runtime cannot start the container.
 * - `starting`: nothing failed so far.
 */
export interface NotReady {
    readonly kind: "unschedulable" | "claim" | "image" | "exited" | "refused" | "starting";
    /** One sentence without a full stop, and for `exited` the end of the log in further lines. */
    readonly text: string;
    /** Whether waiting is pointless: the pod will not become ready without a change. */
    readonly isFinal: boolean;
}

/** Returns why a pod is not ready. `undefined` if it is ready. */
export async function whyNotReady(cluster: Cluster, pod: Pod, signal?: AbortSignal): Promise<NotReady | undefined> {
    void [cluster, pod, signal];
    throw new Error("not implemented");
}
