import type { Cluster } from "./client";
import { isClusterError } from "./error";

/** A right that Kubernetes grants with a Role: what a user may do with the objects of a resource. */
export interface Right {
    /** API group, for example `apps`. Empty for the core group, which has pods and ConfigMaps. */
    readonly group: string;
    /** Resource in the plural, with its subresource if there is one, for example `pods` or `pods/exec`. */
    readonly resource: string;
    /** Verbs, for example `get` and `patch`. */
    readonly verbs: readonly string[];
}

/** A rule of the Roles and ClusterRoles that a user has in a namespace. */
interface Rule {
    readonly verbs: readonly string[];
    readonly apiGroups?: readonly string[];
    readonly resources?: readonly string[];
    /** The names of the objects for which the rule is. */
    readonly resourceNames?: readonly string[];
}

interface RulesReview {
    readonly status: { readonly resourceRules?: readonly Rule[] };
}

interface AccessReview {
    readonly status: { readonly allowed: boolean };
}

/**
 * Returns those of the rights that the user of the kubeconfig does not have in a namespace. Each right has the missing
 * verbs only. It asks the API server (`SelfSubjectRulesReview` and `SelfSubjectAccessReview`), which every user may do,
 * and changes nothing.
 *
 * @throws {ClusterError} if the API server does not answer.
 */
export async function missingRights(
    cluster: Cluster,
    namespace: string,
    rights: readonly Right[],
    signal?: AbortSignal,
): Promise<Right[]> {
    // One request lists all rules. An authorizer outside of the cluster may not list its rules.
    const rules = await rulesIn(cluster, namespace, signal);
    const checked = rights.map(async ({ verbs, ...right }) => {
        const doubtful = verbs.filter((verb) => !rules.some((rule) => grants(rule, right, verb)));
        const allowed = await Promise.all(doubtful.map((verb) => isAllowed(cluster, namespace, right, verb, signal)));
        return { ...right, verbs: doubtful.filter((_, index) => !allowed[index]) };
    });
    return (await Promise.all(checked)).filter(({ verbs }) => verbs.length > 0);
}

const api = "/apis/authorization.k8s.io/v1";

const failed = "the rights of the user cannot be checked";

async function rulesIn(cluster: Cluster, namespace: string, signal: AbortSignal | undefined): Promise<readonly Rule[]> {
    const body = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } };
    const path = `${api}/selfsubjectrulesreviews`;
    const { status } = await cluster.request<RulesReview>({ method: "POST", path, body, failed }, signal);
    return status.resourceRules ?? [];
}

function grants(
    { verbs, apiGroups = [], resources = [], resourceNames = [] }: Rule,
    { group, resource }: Pick<Right, "group" | "resource">,
    verb: string,
): boolean {
    const has = (list: readonly string[], value: string) => list.includes(value) || list.includes("*");
    return resourceNames.length === 0 && has(verbs, verb) && has(apiGroups, group) && has(resources, resource);
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
    const path = `${api}/selfsubjectaccessreviews`;
    const { status } = await cluster.request<AccessReview>({ method: "POST", path, body, failed }, signal);
    return status.allowed;
}

interface SubjectReview {
    readonly status: { readonly userInfo: { readonly username?: string } };
}

/** Returns the user of the kubeconfig as the API server names it. `undefined` before Kubernetes 1.28. */
export async function currentUser(cluster: Cluster, signal?: AbortSignal): Promise<string | undefined> {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
    const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const request = { method: "POST", path, body, failed: "the user cannot be determined" } as const;
    const review = await cluster.request<SubjectReview>(request, signal).catch((error: unknown) => {
        if (isClusterError(error, "notFound")) return undefined;
        throw error;
    });
    return review?.status.userInfo.username;
}
