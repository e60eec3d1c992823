/**
 * The resource option `replaceOnChanges`. Pulumi itself applies it only to providers that report which properties
 * changed, which dynamic providers cannot do, so that the bridge applies it for every resource.
 */
import type { DiffResult } from "@pulumi/pulumi/dynamic";
import { isDeepStrictEqual } from "node:util";
import { hasUnknown, unknown } from "../../args/unknown";
import type { ComparedArguments } from "../lifecycle";

/** Adds the paths of `replaceOnChanges` at which arguments differ to what a resource's own `diff` returned. */
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
 * Returns the paths at which arguments differ. `*` stands for each key of an object and each item of a list. A value that
 * is not known yet at preview is no difference: Pulumi asks again when it is known.
 */
export function changedPaths(paths: readonly string[] = [], olds: object, news: object): string[] {
    const [before, after] = [shown(olds), shown(news)];
    return paths.filter((path) => differs(before, after, keysOf(path)));
}

/** Arguments without those that only this package reads. */
const shown = (args: object): object =>
    Object.fromEntries(Object.entries(args).filter(([key, value]) => !key.startsWith("__") && value !== undefined));

/**
 * The keys of a path in Pulumi's syntax: `nodes[0].endpoint`, `labels["com.example"]`, `nodes[*].endpoint`
 * (pulumi/pulumi `sdk/go/common/resource/property_path.go`).
 */
export const keysOf = (path: string): string[] =>
    [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([^.[\]]+)/g)].map(
        ([, quoted, index, name]) => quoted?.replace(/\\(.)/g, "$1") ?? index ?? name ?? "",
    );

function differs(before: unknown, after: unknown, keys: readonly string[]): boolean {
    const [key, ...rest] = keys;
    // `nodes[*]` is any change of `nodes`, an added item too.
    if (key === undefined || (key === "*" && rest.length === 0)) return differsAsFarAsKnown(before, after);
    if (key !== "*") return differs(at(before, key), at(after, key), rest);
    // As in Pulumi, an item that is added or removed as a whole is no change of `nodes[*].endpoint`.
    return keysIn(before)
        .filter((each) => keysIn(after).includes(each))
        .some((each) => differs(at(before, each), at(after, each), rest));
}

/** Whether two values differ, whatever becomes of that in them which is not known yet. */
function differsAsFarAsKnown(before: unknown, after: unknown): boolean {
    if (after === unknown) return false;
    if (!hasUnknown(after)) return !isDeepStrictEqual(before, after);
    const keys = new Set([...keysIn(before), ...keysIn(after)]);
    return [...keys].some((key) => differsAsFarAsKnown(at(before, key), at(after, key)));
}

const keysIn = (value: unknown): string[] => (typeof value === "object" && value !== null ? Object.keys(value) : []);

function at(value: unknown, key: string): unknown {
    if (value === unknown) return value; // below what is not known nothing is known either
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
