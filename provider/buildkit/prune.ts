import { parseSize } from "../buildx/values";
import type { Engine } from "../docker/engine";
import { execInContainer } from "../docker/exec";
import { durationInHours, type GcRule } from "./gc";

/** What a prune removed. */
export interface Pruned {
    /** Bytes. */
    readonly reclaimed: number;
    /** How many records of the cache. */
    readonly records: number;
}

/**
 * Removes from the cache of a running buildkitd what a rule does not keep; without bounds all that nothing uses.
 *
 * @param signal ends the wait for it; buildkitd may go on with it.
 */
export async function prune(engine: Engine, container: string, rule: GcRule, signal?: AbortSignal): Promise<Pruned> {
    const command = ["buildctl", "prune", ...pruneFlags(rule), "--format", "{{json .}}"];
    const { exitCode, stdout, stderr } = await execInContainer(engine, container, command, signal);
    if (exitCode !== 0) {
        const said = (stderr || stdout).trim();
        const what = `buildctl prune in ${container} on ${engine.endpoint.host} ended with ${exitCode}: ${said}`;
        throw new Error(what + whyUnknown(said));
    }
    const sizes = stdout
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => (JSON.parse(line) as { size: number }).size);
    return { reclaimed: sizes.reduce((all, size) => all + size, 0), records: sizes.length };
}

/** What an older BuildKit does not know, as the end of a message. */
function whyUnknown(said: string): string {
    const flag = /not defined: -+(keep-storage-min|free-storage|format)\b/.exec(said)?.[1];
    if (flag === undefined) return "";
    if (flag === "format") return ". BuildKit before v0.11 cannot be pruned from here: give the builder a newer image";
    const bound = flag === "free-storage" ? "minFreeSpace" : "reservedSpace";
    return `. BuildKit before v0.17 does not know ${bound}: leave it out, or give the builder a newer image`;
}

/** The arguments of `buildctl prune`, which takes megabytes. */
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
