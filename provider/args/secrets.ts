/**
 * Decides which values in arguments are private keys. Pulumi must treat a private key as a secret. The path of a key is
 * not a secret.
 */
import { holdsPrivateKey, isPem } from "../pem";

/** Path of a value: the names of the properties and the indexes of the list items that lead to the value. */
export type Path = readonly (string | number)[];

/** Arguments of a resource or of a node that may contain private keys. In the schema, two forms have their own names. */
const keyArguments = ["tls", "buildkitdConfig", "buildkitdToml"] as const;

/** @param name the name of the argument that has the value. A list item has the name of its list. */
export const isPrivateKey = (name: string, value: string): boolean =>
    // The text of an invalid key is a secret, too.
    holdsPrivateKey(value) || (name.toLowerCase() === "key" && isPem(value));

/**
 * Returns the paths of all private keys in `tls` and in buildkitd's configuration of a resource, of its `state`, and of its
 * `nodes`.
 *
 * @param args the arguments, or what Pulumi saves of the resource. Arguments may be unknown.
 */
export function secretPaths(args: object): Path[] {
    const { state, nodes } = args as { state?: unknown; nodes?: unknown };
    return [
        ...keysOf(args, []),
        ...keysOf(state, ["state"]),
        ...(Array.isArray(nodes)
            ? nodes.flatMap((node: unknown, index) => [
                  ...keysOf(node, ["nodes", index]),
                  ...keysOf((node as { state?: unknown } | null)?.state, ["nodes", index, "state"]),
              ])
            : []),
    ];
}

/** @param path the path of `of` in the arguments of the resource. */
function keysOf(of: unknown, path: Path): Path[] {
    if (typeof of !== "object" || of === null) return [];
    return keyArguments.flatMap((name) => privateKeys((of as Record<string, unknown>)[name], name, [...path, name]));
}

function privateKeys(value: unknown, name: string, path: Path): Path[] {
    if (typeof value === "string") return isPrivateKey(name, value) ? [path] : [];
    if (Array.isArray(value)) return value.flatMap((each, index) => privateKeys(each, name, [...path, index]));
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, each]) => privateKeys(each, key, [...path, key]));
}
