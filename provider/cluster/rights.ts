import type { Cluster } from "./client";

/** A right that Kubernetes grants with a Role: what a user may do with which objects. */
export interface Right {
    /** API group, for example `apps`. Empty for the core group, which has pods and ConfigMaps. */
    readonly group: string;
    /** Resource in the plural, with its subresource if there is one, for example `pods` or `pods/exec`. */
    readonly resource: string;
    /** Verbs, for example `get` and `patch`. */
    readonly verbs: readonly string[];
}

/**
 * Returns those of the rights that the user of the kubeconfig does not have in a namespace. Each right has the missing
 * verbs only. It asks the API server (`SelfSubjectAccessReview`), which every user may do, and changes nothing.
 *
 * @throws {ClusterError} if the API server does not answer.
 */
export async function missingRights(
    cluster: Cluster,
    namespace: string,
    rights: readonly Right[],
    signal?: AbortSignal,
): Promise<Right[]> {
    void [cluster, namespace, rights, signal];
    throw new Error("not implemented");
}
