/** Explains why the API server refused a request, and what to do. */
import type { ClusterErrorDetails, Denied, FieldConflict } from "./error";
import type { NamedCluster } from "./kubeconfig";

/** The body of a response that refuses a request. */
export interface Status {
    readonly message?: string;
    readonly reason?: string;
    readonly details?: {
        readonly kind?: string;
        readonly name?: string;
        readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
    };
}

/**
 * Returns why the API server refused a request, and what to do.
 *
 * @param code the HTTP status.
 * @param text the body of the response. It may come from a proxy, and then it is not JSON.
 */
export function refused(code: number, text: string, { kubeconfig, where }: NamedCluster): ClusterErrorDetails {
    const status = parse(text);
    const message = (status.message ?? text).trim().replace(/\.$/, "");
    const { from, names } = kubeconfig;
    const denied = deniedBy(message);
    if (code === 403 && denied !== undefined) return { kind: "forbidden", why: whyDenied(denied, where), denied };
    if (code === 401)
        return {
            kind: "unauthorized",
            why: `${where} does not accept the credentials of the user ${names.user} of ${from} (${message || "Unauthorized"}). Log in again, or renew the kubeconfig`,
        };
    if (code === 404 && status.details?.kind === "namespaces")
        return {
            kind: "notFound",
            why: `the namespace ${status.details.name} does not exist in ${where}. Create it, or choose another namespace`,
        };
    if (code === 404) return { kind: "notFound", why: `${message} (${where}). Check the name and the namespace` };
    if (code === 409) return { kind: "conflict", why: `${message} (${where})`, conflicts: conflictsOf(status) };
    if (code === 422) return { kind: "invalid", why: `${message} (${where})` };
    return { kind: "other", why: `${message || `HTTP status ${code}`} (${where})` };
}

function parse(text: string): Status {
    try {
        return (JSON.parse(text) ?? {}) as Status;
    } catch {
        return {};
    }
}

/** Kubernetes' own text for a missing right. A quota or a policy that refuses an object has the same HTTP status. */
const denial = /User "(.*?)" cannot (\S+) resource "(\S+)" in API group "(\S*)"(?: in the namespace "(\S+?)")?/;

function deniedBy(message: string): Denied | undefined {
    const [, user, verb, resource, group, namespace] = denial.exec(message) ?? [];
    if (user === undefined || verb === undefined || resource === undefined || group === undefined) return undefined;
    return { user, verb, resource, group, namespace };
}

/** Returns the message about a right that is missing. */
export function whyDenied({ user, verb, resource, group, namespace }: Denied, where: string): string {
    const what = group === "" ? resource : `${resource}.${group}`;
    const place = namespace === undefined ? "" : ` in the namespace ${namespace}`;
    return `the user ${user} has no right to ${verb} ${what}${place} of ${where}. A Role with the verb ${verb} for ${what} gives this right`;
}

const conflictsOf = ({ details }: Status): FieldConflict[] =>
    (details?.causes ?? [])
        .filter(({ reason }) => reason === "FieldManagerConflict")
        .map(({ message = "", field = "" }) => ({ manager: /"(.*?)"/.exec(message)?.[1] ?? "", field }));
