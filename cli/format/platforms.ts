/** The number of architectures that are listed; the rest is only counted. */
const most = 4;

/** Returns platforms in short form, as `docker buildx ls` prints them: `linux/amd64 (+3), linux/arm64`. */
export function shortPlatforms(platforms: readonly string[]): string {
    const variants = new Map<string, number>();
    for (const platform of platforms) {
        const machine = platform.split("/").slice(0, 2).join("/");
        variants.set(machine, (variants.get(machine) ?? 0) + 1);
    }
    const all = [...variants].map(([machine, count]) => (count > 1 ? `${machine} (+${count - 1})` : machine));
    const rest = all.length - most;
    return (rest > 1 ? [...all.slice(0, most), `(${rest} more)`] : all).join(", ");
}
