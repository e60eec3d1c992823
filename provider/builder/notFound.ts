/**
 * What to tell where there is no builder of a name.
 *
 * @param others those that have a record.
 * @param store the folder of these.
 */
export function whyNotFound(name: string, others: readonly string[], store: string): string {
    const there = others.length > 0 ? `there are ${others.join(", ")}` : "there are none";
    return `there is no builder "${name}" in ${store} (${there}): docker buildx ls lists them`;
}
