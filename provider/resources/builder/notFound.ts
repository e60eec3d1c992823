/**
 * Returns the error message for a builder that is not found.
 *
 * @param others the builders that have a record.
 * @param store the folder of the records.
 */
export function whyNotFound(name: string, others: readonly string[], store: string): string {
    const there = others.length > 0 ? `other builders there: ${others.join(", ")}` : "no builders there";
    return `builder "${name}" not found in ${store} (${there}). List builders with: docker buildx ls`;
}
