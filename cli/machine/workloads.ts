import type { StoredNode } from "../../provider/buildx/store";
import type { Cluster } from "../../provider/cluster/client";
import { whyNotReady } from "../../provider/cluster/notReady";
import { restartsOf } from "../../provider/cluster/podStatus";
import { getWorkload, listPods, type Pod } from "../../provider/cluster/workloads";
import { ownerOf } from "../../provider/ownership";
import { placeOf } from "../../provider/resources/kubernetes/findBuilder";
import { openPlace } from "../../provider/resources/kubernetes/place";
import { appLabel } from "../../provider/resources/kubernetes/pod";
import { queryPods } from "../../provider/resources/kubernetes/queryPods";
import { formatPlatforms } from "../../provider/text/platform";
import type { PodFacts, WorkloadFacts } from "./facts";
import { timeoutMs } from "./timeout";

/** Reads the workload of a node, as buildx finds it by the node's record. */
export async function collectWorkload(node: StoredNode): Promise<WorkloadFacts> {
    const { workload: name, kind, access, namespace: given } = placeOf(node);
    const nothing = { workload: name, kind, pods: [] };
    const signal = AbortSignal.timeout(timeoutMs);
    let where = { namespace: given ?? "", where: "" };
    try {
        const { cluster, place } = await openPlace({ access, namespace: given }, undefined);
        const { namespace } = place;
        where = { namespace, where: place.where };
        const found = await getWorkload(cluster, { kind, namespace, name }, signal);
        if (found === undefined) return { ...nothing, ...where, isMissing: true };
        const pods = await listPods(cluster, namespace, { [appLabel]: name }, signal);
        const ready = pods.filter(({ isReady, isTerminating }) => isReady && !isTerminating);
        const [described, workers] = await Promise.all([
            Promise.all(pods.filter((pod) => !pod.isTerminating).map((pod) => describe(cluster, pod, signal))),
            ready.length === 0
                ? undefined
                : queryPods(cluster, ready, 0, { report: () => {}, signal }).catch(() => undefined),
        ]);
        return {
            ...nothing,
            ...where,
            isMissing: false,
            owner: ownerOf(found.object.metadata.annotations),
            pods: described,
            workers: workers && { platforms: formatPlatforms(workers.platforms), version: workers.version },
        };
    } catch (error) {
        const why = signal.aborted ? `${where.where} does not respond within ${timeoutMs / 1000} s` : error;
        return { ...nothing, ...where, isMissing: false, error: why instanceof Error ? why.message : String(why) };
    }
}

async function describe(cluster: Cluster, pod: Pod, signal: AbortSignal): Promise<PodFacts> {
    const reason = await whyNotReady(cluster, pod, signal);
    return { name: pod.name, restarts: restartsOf(pod), whyNotReady: reason?.text };
}
