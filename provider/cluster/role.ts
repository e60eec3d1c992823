import type { Right } from "./rights";

/**
 * Returns the YAML of a Role that grants rights, and of its RoleBinding.
 *
 * @param name name of both objects.
 * @param user the user that needs the rights, as the API server names it, for example `ci` or
 *   `system:serviceaccount:builds:ci`. Without a user, only the Role is returned.
 */
export function renderRole(name: string, namespace: string, rights: readonly Right[], user?: string): string {
    void [name, namespace, rights, user];
    throw new Error("not implemented");
}
