import type { Cluster } from "./client";

/** A right that Kubernetes grants with a Role: what a user may do with the objects of a resource. */
export interface Right {
    /** API group, for example `apps`. Empty for the core group, which has pods and ConfigMaps. */
    readonly group: string;
    /** Resource in the plural, with its subresource if there is one, for example `pods` or `pods/exec`. */
    readonly resource: string;
    /** Verbs, for example `get` and `patch`. */
    readonly verbs: readonly string[];
}

interface AccessReview {
    readonly status: { readonly allowed: boolean };
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
    const checked = rights.map(async ({ verbs, ...right }) => {
        const allowed = await Promise.all(verbs.map((verb) => isAllowed(cluster, namespace, right, verb, signal)));
        return { ...right, verbs: verbs.filter((_, index) => !allowed[index]) };
    });
    return (await Promise.all(checked)).filter(({ verbs }) => verbs.length > 0);
}

async function isAllowed(
    cluster: Cluster,
    namespace: string,
    { group, resource: full }: Pick<Right, "group" | "resource">,
    verb: string,
    signal: AbortSignal | undefined,
): Promise<boolean> {
    const [resource, subresource] = full.split("/");
    const body = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: { namespace, verb, group, resource, subresource } },
    };
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const failed = "the rights of the user cannot be checked";
    const { status } = await cluster.request<AccessReview>({ method: "POST", path, body, failed }, signal);
    return status.allowed;
}
