import type { Right } from "./rights";

/**
 * Returns the YAML of a Role that grants rights, and of its RoleBinding.
 *
 * @param name name of both objects.
 * @param user the user that needs the rights, as the API server names it, for example `ci` or
 *   `system:serviceaccount:builds:ci`. Without a user, only the Role is returned.
 */
export function renderRole(name: string, namespace: string, rights: readonly Right[], user?: string): string {
    const list = (values: readonly string[]) => `[${values.map((value) => JSON.stringify(value)).join(", ")}]`;
    const metadata = `metadata: { name: ${name}, namespace: ${namespace} }`;
    const role = [
        "apiVersion: rbac.authorization.k8s.io/v1",
        "kind: Role",
        metadata,
        "rules:",
        ...rights.map(
            ({ group, resource, verbs }) =>
                `  - { apiGroups: ${list([group])}, resources: ${list([resource])}, verbs: ${list(verbs)} }`,
        ),
    ];
    if (user === undefined) return `${role.join("\n")}\n`;
    const binding = [
        "---",
        "apiVersion: rbac.authorization.k8s.io/v1",
        "kind: RoleBinding",
        metadata,
        `roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${name} }`,
        `subjects: [${subject(user)}]`,
    ];
    return `${[...role, ...binding].join("\n")}\n`;
}

function subject(user: string): string {
    const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
    return namespace === undefined || account === undefined
        ? `{ apiGroup: rbac.authorization.k8s.io, kind: User, name: ${JSON.stringify(user)} }`
        : `{ kind: ServiceAccount, namespace: ${namespace}, name: ${account} }`;
}
