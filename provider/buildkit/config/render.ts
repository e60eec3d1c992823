import type { Table } from "./read";

/** Returns the text of a `buildkitd.toml`. The order of the keys in the configuration does not change the text. */
export async function renderConfig(table: Table): Promise<string> {
    const { stringify } = await import("smol-toml");
    return stringify(sorted(table));
}

/** Returns a value with the keys of all its tables sorted. */
export function sorted(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null || value instanceof Date) return value;
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
