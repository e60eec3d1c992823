/**
 * The constant that the Pulumi engine sends at preview for a value that is not known yet. It may be at any level, and
 * may replace a list or an object (pulumi/pulumi `sdk/nodejs/runtime/rpc.ts`, `unknownValue`; pulumi/pulumi#6310).
 */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether a value is unknown or contains an unknown value at any level. */
export function hasUnknown(value: unknown): boolean {
    if (value === unknown) return true;
    return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}

/** Returns arguments in which the previous values replace the unknown values, so that these cause no difference. */
export function fillIn<T extends object>(news: T, before: Partial<T>): T {
    const entries = Object.entries(news) as [keyof T, unknown][];
    return Object.fromEntries(entries.map(([key, value]) => [key, hasUnknown(value) ? before[key] : value])) as T;
}

/** Returns a value without its unknown parts. */
export function withoutUnknown<T>(value: T): T {
    const known = (each: unknown) => each !== unknown && each !== undefined && each !== null;
    if (Array.isArray(value)) return value.filter(known).map(withoutUnknown) as T;
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([, each]) => known(each));
    return Object.fromEntries(entries.map(([key, each]) => [key, withoutUnknown(each)])) as T;
}
