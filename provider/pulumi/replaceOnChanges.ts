import { isDeepStrictEqual } from "node:util";
import { hasUnknown } from "./unknown";

/**
 * The paths of the resource option `replaceOnChanges` at which arguments differ. Pulumi itself applies that option only
 * to providers that tell it which properties changed, which dynamic ones have no way to do.
 */
export function changedPaths(paths: readonly string[] = [], olds: object, news: object): string[] {
    const [before, after] = [shown(olds), shown(news)];
    return paths.filter((path) => {
        const keys = path.split(/[.[\]"]+/).filter((key) => key !== "" && key !== "*");
        return !hasUnknown(at(after, keys)) && !isDeepStrictEqual(at(before, keys), at(after, keys));
    });
}

/** Arguments without those that are ours alone. */
const shown = (args: object): object =>
    Object.fromEntries(Object.entries(args).filter(([key, value]) => !key.startsWith("__") && value !== undefined));

const at = (value: unknown, keys: string[]): unknown =>
    keys.reduce<unknown>((each, key) => (each as Record<string, unknown> | undefined)?.[key], value);
