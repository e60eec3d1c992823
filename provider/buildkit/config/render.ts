import type { Table } from "./read";

/** The text of a `buildkitd.toml`, the same for the same configuration in whatever order it was written. */
export async function renderConfig(table: Table): Promise<string> {
    const { stringify } = await import("smol-toml");
    return stringify(sorted(table));
}

/** A value with the keys of all its tables in order. */
export function sorted(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null || value instanceof Date) return value;
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
