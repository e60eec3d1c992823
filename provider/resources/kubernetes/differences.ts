/** How an object in the cluster differs from the same object after it is applied. */
import { isDeepStrictEqual } from "node:util";
import type { KubernetesObject } from "../../cluster/objects";

/** What the API server reports about an object that would be applied. */
export type Difference =
    | { readonly is: "same" }
    /** @param paths the fields that would change, for example `spec.template.spec.containers[buildkitd].image`. */
    | { readonly is: "changed"; readonly paths: readonly string[] }
    /** A field would change that Kubernetes never changes: the object has to be recreated. */
    | { readonly is: "immutable"; readonly why: string }
    /** The object is not valid. */
    | { readonly is: "invalid"; readonly why: string };

/** Metadata that each write changes, or that only the cluster writes. */
const ofCluster = ["managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"];

/** Compares an object with the result of its application. */
export function differenceOf(found: KubernetesObject, applied: KubernetesObject): Difference {
    const paths = differingPaths(comparable(found), comparable(applied), "");
    return paths.length === 0 ? { is: "same" } : { is: "changed", paths };
}

function comparable({ metadata, status: _, ...others }: KubernetesObject): object {
    const own = Object.entries(metadata).filter(([key]) => !ofCluster.includes(key));
    return { ...others, metadata: Object.fromEntries(own) };
}

function differingPaths(one: unknown, other: unknown, path: string): string[] {
    if (isDeepStrictEqual(one, other)) return [];
    if (Array.isArray(one) && Array.isArray(other)) {
        const [named, otherNamed] = [byName(one), byName(other)];
        if (named === undefined || otherNamed === undefined) return [path];
        const names = [...new Set([...named.keys(), ...otherNamed.keys()])];
        const found = names.flatMap((name) =>
            differingPaths(named.get(name), otherNamed.get(name), `${path}[${name}]`),
        );
        return found.length === 0 ? [path] : found; // only the order differs
    }
    if (!isObject(one) || !isObject(other)) return [path];
    const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
    return keys.flatMap((key) => differingPaths(one[key], other[key], path === "" ? key : `${path}.${key}`));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns the elements of a list by name; `undefined` if an element has no name. */
function byName(list: readonly unknown[]): Map<string, unknown> | undefined {
    const entries = list.map((each) => [isObject(each) ? each.name : undefined, each] as const);
    return entries.every((entry): entry is [string, unknown] => typeof entry[0] === "string")
        ? new Map(entries)
        : undefined;
}

/** Whether the message of an API server says that a field cannot be changed. */
export const isAboutImmutable = (message: string): boolean =>
    /immutable|updates to statefulset spec for fields other than/i.test(message);

/** Whether a change of these fields ends the running pods. */
export const endsPods = (paths: readonly string[]): boolean => paths.some((path) => path.startsWith("spec.template"));
