import { parseSize } from "../text/dockerValues";
import type { Buildctl } from "./buildctl";
import { durationInHours, type GcRule } from "./gc";

/** Result of a prune. */
export interface Pruned {
    /** Size of the removed records, in bytes. */
    readonly reclaimed: number;
    /** Number of removed cache records. */
    readonly records: number;
}

/**
 * Removes the records that a rule does not keep from the cache of a running buildkitd. A rule without limits removes
 * everything that no running build uses.
 *
 * @param signal ends the wait. buildkitd may continue the prune.
 * @throws {Error} if `buildctl` cannot be run, or if it fails. The message contains its output.
 * @throws the signal's reason if the signal aborts.
 */
export async function prune(buildctl: Buildctl, rule: GcRule, signal?: AbortSignal): Promise<Pruned> {
    const args = ["prune", ...pruneFlags(rule), "--format", "{{json .}}"];
    const { exitCode, stdout, stderr } = await buildctl.run(args, signal);
    if (exitCode !== 0) {
        const output = (stderr || stdout).trim();
        const failed = `buildctl prune in ${buildctl.where} failed with exit code ${exitCode}: ${output}`;
        throw new Error(failed + whyUnknown(output));
    }
    const sizes = stdout
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => (JSON.parse(line) as { size: number }).size);
    return { reclaimed: sizes.reduce((all, size) => all + size, 0), records: sizes.length };
}

/** Returns the part of an error message that names what an older BuildKit does not support. */
function whyUnknown(output: string): string {
    const flag = /not defined: -+(keep-storage-min|free-storage|format)\b/.exec(output)?.[1];
    if (flag === undefined) return "";
    if (flag === "format")
        return ". A prune is not supported with BuildKit before v0.11. Use a newer image for the builder";
    const bound = flag === "free-storage" ? "minFreeSpace" : "reservedSpace";
    return `. ${bound} is not supported with BuildKit before v0.17. Remove it, or use a newer image for the builder`;
}

/** Returns the arguments of `buildctl prune`. Its sizes are in megabytes. */
export function pruneFlags({
    reservedSpace,
    maxUsedSpace,
    minFreeSpace,
    keepDuration,
    filters,
    all,
}: GcRule): string[] {
    const space = (flag: string, size: number | string | undefined) =>
        size === undefined ? [] : [flag, String((parseSize(String(size)) ?? 0) / 1e6)];
    const duration = durationInHours(String(keepDuration ?? "")) ?? "";
    return [
        ...space("--keep-storage-min", reservedSpace),
        ...space("--keep-storage", maxUsedSpace),
        ...space("--free-storage", minFreeSpace),
        ...(duration === "" ? [] : ["--keep-duration", /^\d+$/.test(duration) ? `${duration}s` : duration]),
        ...(filters ?? []).flatMap((filter) => ["--filter", filter]),
        ...(all ? ["--all"] : []),
    ];
}
