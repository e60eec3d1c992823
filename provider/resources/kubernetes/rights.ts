/** The rights that a builder needs in its namespace. */
import type { Cluster } from "../../cluster/client";
import { isClusterError } from "../../cluster/error";
import { currentUser, missingRights, type Right } from "../../cluster/rights";
import { renderRole } from "../../cluster/role";
import type { DesiredNode } from "./desired";

/** Rights to use a workload of another resource. buildx needs them as well. */
const toUse: readonly Right[] = [
    { group: "apps", resource: "deployments", verbs: ["get"] },
    { group: "apps", resource: "statefulsets", verbs: ["get"] },
    { group: "", resource: "pods", verbs: ["get", "list"] },
    { group: "", resource: "pods/exec", verbs: ["create", "get"] },
    { group: "", resource: "pods/log", verbs: ["get"] },
    { group: "", resource: "events", verbs: ["list"] },
    { group: "", resource: "persistentvolumeclaims", verbs: ["get", "list"] },
];

/** Rights to create, change and remove a workload. */
const toManage: readonly Right[] = [
    { group: "apps", resource: "deployments", verbs: ["get", "create", "patch", "delete"] },
    { group: "apps", resource: "statefulsets", verbs: ["get", "create", "patch", "delete"] },
    { group: "", resource: "configmaps", verbs: ["get", "list", "create", "patch", "delete"] },
    { group: "", resource: "pods", verbs: ["get", "list"] },
    { group: "", resource: "pods/exec", verbs: ["create", "get"] },
    { group: "", resource: "pods/log", verbs: ["get"] },
    { group: "", resource: "events", verbs: ["list"] },
    { group: "", resource: "persistentvolumeclaims", verbs: ["get", "list", "delete"] },
];

type Node = Pick<DesiredNode, "kind">;

/** Returns the rights that a node needs, also for later changes. */
export const rightsOf = ({ kind }: Node): readonly Right[] => (kind === undefined ? toUse : toManage);

/** Rights that only explain an error. */
const forMessages = ["pods/log", "events"];

/** Returns the rights without which the next change, or the removal, would fail. */
function requiredRights(node: Node): Right[] {
    const ofKind = { Deployment: "deployments", StatefulSet: "statefulsets" } as const;
    const otherKind = Object.values(ofKind).filter((resource) => node.kind && resource !== ofKind[node.kind]);
    return rightsOf(node)
        .filter(({ resource }) => !forMessages.includes(resource))
        .map((right) => {
            if (otherKind.some((resource) => resource === right.resource)) return { ...right, verbs: ["get"] };
            if (right.resource === "pods") return { ...right, verbs: ["list"] };
            const isClaims = right.resource === "persistentvolumeclaims";
            return isClaims ? { ...right, verbs: node.kind === "StatefulSet" ? ["list", "delete"] : ["list"] } : right;
        });
}

/**
 * Returns which rights of a node are missing, with the Role that would be enough. `undefined` if none is missing, or if the API server does not tell.
 */
export async function whyNotAllowed(
    cluster: Cluster,
    namespace: string,
    node: Node,
    signal: AbortSignal,
): Promise<string | undefined> {
    const missing = await missingRights(cluster, namespace, requiredRights(node), signal).catch((error: unknown) => {
        if (isClusterError(error)) return [];
        throw error;
    });
    if (missing.length === 0) return undefined;
    const user = await currentUser(cluster, signal).catch(() => undefined);
    const listed = missing.map(({ verbs, group, resource }) => {
        const what = group === "" ? resource : `${resource}.${group}`;
        return `${verbs.join("/")} ${what}`;
    });
    const who = user ?? cluster.kubeconfig.names.user;
    const what = `the user ${who} has no right to ${listed.join(", ")} in the namespace ${namespace} of ${cluster.where}`;
    return `${what}. ${adviceWithRole(namespace, node, user)}`;
}

/** Returns an error about a missing right with the Role that would be enough. Other errors stay as they are. */
export function withRole(error: Error, namespace: string, node: Node): Error {
    if (!isClusterError(error, "forbidden")) return error;
    const advice = adviceWithRole(namespace, node, error.denied?.user);
    return new Error(`${error.message.replace(/\.$/, "")}. ${advice}`, { cause: error });
}

const adviceWithRole = (namespace: string, node: Node, user: string | undefined): string =>
    "An administrator of the cluster can grant all rights that the builder needs:\n\n" +
    renderRole("pulumi-buildx", namespace, rightsOf(node), user);
