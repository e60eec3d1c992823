/** The rights that a builder needs in its namespace. */
import { isClusterError } from "../../cluster/error";
import type { Right } from "../../cluster/rights";
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

/** Returns the rights that a node needs. */
export const rightsOf = ({ kind }: Pick<DesiredNode, "kind">): readonly Right[] =>
    kind === undefined ? toUse : toManage;

/** Returns an error about a missing right with the Role that would be enough. Other errors stay as they are. */
export function withRole(error: Error, namespace: string, node: Pick<DesiredNode, "kind">): Error {
    if (!isClusterError(error, "forbidden")) return error;
    const role = renderRole("pulumi-buildx", namespace, rightsOf(node), error.denied?.user);
    const text = `${error.message.replace(/\.$/, "")}. An administrator of the cluster can grant all rights that the builder needs:\n\n${role}`;
    return new Error(text, { cause: error });
}
