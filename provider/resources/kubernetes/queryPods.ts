/** Queries the buildkitd of each pod of a node. */
import { NotReadyError, queryWorkers, type Workers } from "../../buildkit/workers";
import type { Cluster } from "../../cluster/client";
import { inPod } from "../../cluster/inPod";
import type { Pod } from "../../cluster/workloads";
import { retry, seconds as inSeconds } from "../../retry";
import type { Waiting } from "../../waiting";

/** A `buildctl` that does not exist will not exist later either. */
const isFinal = /executable file not found|no such file or directory/;

/**
 * Returns what the buildkitds of the pods report, as one: the platforms of all and the version of the first.
 *
 * @param seconds how long a buildkitd that does not respond yet is queried again.
 * @throws {Error} if a buildkitd does not respond.
 */
export async function queryPods(
    cluster: Cluster,
    pods: readonly Pod[],
    seconds: number,
    { report, signal }: Waiting,
): Promise<Workers> {
    const each = await Promise.all(
        pods.map((pod) =>
            retry(() => queryWorkers(inPod(cluster, pod), signal), {
                patience: (error) => (error instanceof NotReadyError && !isFinal.test(error.message) ? seconds : 0),
                onRetry: (_, __, left) => report(`waiting for buildkitd in pod ${pod.name}, for ${inSeconds(left)}`),
                signal,
            }).catch((error: unknown) => {
                if (!(error instanceof NotReadyError)) throw error;
                const hint = isFinal.test(error.message)
                    ? "The first container of the pod must be the one of buildkitd"
                    : `Read its log with: kubectl logs -n ${pod.namespace} ${pod.name}`;
                throw new Error(`buildkitd in pod ${pod.name} does not respond: ${error.message}. ${hint}`, {
                    cause: error,
                });
            }),
        ),
    );
    return {
        platforms: each.flatMap(({ platforms }) => platforms),
        version: each[0]?.version ?? "",
        isUnbounded: each.some(({ isUnbounded }) => isUnbounded),
    };
}
