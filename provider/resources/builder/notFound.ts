/**
 * Returns the error message for a builder that is not found.
 *
 * @param others the builders that have a record.
 * @param store the folder of the records.
 */
export function whyNotFound(name: string, others: readonly string[], store: string): string {
    const there = others.length > 0 ? `there are ${others.join(", ")}` : "there are none";
    return `there is no builder "${name}" in ${store} (${there}): docker buildx ls lists them`;
}
