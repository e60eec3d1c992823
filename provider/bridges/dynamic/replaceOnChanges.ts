/**
 * The resource option `replaceOnChanges`. Pulumi itself applies this option only for providers that report which
 * properties changed. Dynamic providers cannot report them, so the bridge applies the option for every resource.
 */
import type { DiffResult } from "@pulumi/pulumi/dynamic";
import { isDeepStrictEqual } from "node:util";
import { hasUnknown, unknown } from "../../args/unknown";
import type { ComparedArguments } from "../lifecycle";

/** Adds to the result of a resource's `diff` the paths of `replaceOnChanges` at which the arguments differ. */
export function withReplaceOnChanges(
    result: DiffResult,
    paths: readonly string[] | undefined,
    { before, after }: ComparedArguments,
): DiffResult {
    const changed = changedPaths(paths, before, after);
    if (changed.length === 0) return result;
    return { ...result, changes: true, replaces: [...new Set([...(result.replaces ?? []), ...changed])] };
}

/**
 * Returns the paths at which arguments differ. `*` matches each key of an object and each item of a list. A value that
 * is not known yet at preview is not a difference. Pulumi calls `diff` again when the value is known.
 */
export function changedPaths(paths: readonly string[] = [], olds: object, news: object): string[] {
    const [before, after] = [shown(olds), shown(news)];
    return paths.filter((path) => differs(before, after, keysOf(path)));
}

/** Returns arguments without the arguments that only this package reads. */
const shown = (args: object): object =>
    Object.fromEntries(Object.entries(args).filter(([key, value]) => !key.startsWith("__") && value !== undefined));

/**
 * Returns the keys of a path in Pulumi's syntax: `nodes[0].endpoint`, `labels["com.example"]`, `nodes[*].endpoint`
 * (pulumi/pulumi `sdk/go/common/resource/property_path.go`).
 */
export const keysOf = (path: string): string[] =>
    [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([^.[\]]+)/g)].map(
        ([, quoted, index, name]) => quoted?.replace(/\\(.)/g, "$1") ?? index ?? name ?? "",
    );

function differs(before: unknown, after: unknown, keys: readonly string[]): boolean {
    const [key, ...rest] = keys;
    // `nodes[*]` matches any change of `nodes`, including an added item.
    if (key === undefined || (key === "*" && rest.length === 0)) return differsAsFarAsKnown(before, after);
    if (key !== "*") return differs(at(before, key), at(after, key), rest);
    // As in Pulumi, adding or removing a whole item is not a change of `nodes[*].endpoint`.
    return keysIn(before)
        .filter((each) => keysIn(after).includes(each))
        .some((each) => differs(at(before, each), at(after, each), rest));
}

/** Whether two values differ in the parts that are known. */
function differsAsFarAsKnown(before: unknown, after: unknown): boolean {
    if (after === unknown) return false;
    if (!hasUnknown(after)) return !isDeepStrictEqual(before, after);
    const keys = new Set([...keysIn(before), ...keysIn(after)]);
    return [...keys].some((key) => differsAsFarAsKnown(at(before, key), at(after, key)));
}

const keysIn = (value: unknown): string[] => (typeof value === "object" && value !== null ? Object.keys(value) : []);

function at(value: unknown, key: string): unknown {
    if (value === unknown) return value; // the parts of an unknown value are unknown, too
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
