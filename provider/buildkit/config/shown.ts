/**
 * Returns a wrong value as a message shows it. Only short and plain values are quoted, because a misplaced value may be
 * a private key, and a whole configuration may be a secret.
 */
export function shown(value: unknown): string {
    if (typeof value === "string") return /^[\w.%+ -]{0,12}$/.test(value) ? `"${value}"` : "this text";
    if (Array.isArray(value)) return "a list";
    return typeof value === "object" && value !== null ? "a table" : String(value);
}
