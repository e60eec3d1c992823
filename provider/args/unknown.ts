/**
 * What is not known yet at preview. The engine sends this constant in its place, at any depth and also where a
 * list or an object would stand (pulumi/pulumi `sdk/nodejs/runtime/rpc.ts`, `unknownValue`; pulumi/pulumi#6310).
 */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether a value is, or anywhere holds, something unknown. */
export function hasUnknown(value: unknown): boolean {
    if (value === unknown) return true;
    return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}

/** Arguments with whatever is not known yet as it was before, so that it makes no difference of its own. */
export function fillIn<T extends object>(news: T, before: Partial<T>): T {
    const entries = Object.entries(news) as [keyof T, unknown][];
    return Object.fromEntries(entries.map(([key, value]) => [key, hasUnknown(value) ? before[key] : value])) as T;
}

/** A value with everything unknown left out of it. */
export function withoutUnknown<T>(value: T): T {
    const known = (each: unknown) => each !== unknown && each !== undefined && each !== null;
    if (Array.isArray(value)) return value.filter(known).map(withoutUnknown) as T;
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([, each]) => known(each));
    return Object.fromEntries(entries.map(([key, each]) => [key, withoutUnknown(each)])) as T;
}
