/**
 * A wrong value as a message shows it. Only what is short and plain is quoted: what stands in the wrong place may be a key,
 * and a whole configuration may be a secret.
 */
export function shown(value: unknown): string {
    if (typeof value === "string") return /^[\w.%+ -]{0,12}$/.test(value) ? `"${value}"` : "this text";
    if (Array.isArray(value)) return "a list";
    return typeof value === "object" && value !== null ? "a table" : String(value);
}
