import { deleteObject, waitUntilGone } from "../../cluster/apply";
import type { Cluster } from "../../cluster/client";
import { listClaims } from "../../cluster/workloads";
import { stateVolume } from "./pod";

/** How long to wait until Kubernetes has removed a claim, in seconds. */
const patience = 10;

/**
 * Removes the claims of a workload. Kubernetes removes a claim a moment after its last pod ended: a builder of the same
 * name that is created before that would be given the old claim. If another pod uses the claim, it is removed when that
 * pod ends.
 *
 * @param kept names of the claims that stay.
 */
export async function removeClaims(
    cluster: Cluster,
    namespace: string,
    workload: string,
    kept: readonly string[],
    signal?: AbortSignal,
): Promise<void> {
    const claims = await listClaims(cluster, namespace, stateVolume, workload, signal);
    const remove = async ({ name, uid }: (typeof claims)[number]): Promise<void> => {
        const reference = { kind: "PersistentVolumeClaim", namespace, name } as const;
        if (!(await deleteObject(cluster, reference, { propagation: "Background", uid, signal }))) return;
        await waitUntilGone(cluster, reference, { uid, timeout: patience, signal }).catch(() =>
            signal?.throwIfAborted(),
        );
    };
    await Promise.all(claims.filter((claim) => !kept.includes(claim.name)).map(remove));
}
