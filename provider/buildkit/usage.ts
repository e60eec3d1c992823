import type { Buildctl } from "./buildctl";

/** Size of a buildkitd's cache, in bytes. */
export interface Usage {
    readonly total: number;
    /** Size that a prune without limits would free: everything that no running build uses. */
    readonly reclaimable: number;
    /** Size by BuildKit's record type: `regular`, `source.local`, `exec.cachemount`, … */
    readonly byType: Readonly<Record<string, number>>;
    /** Time when a cache record was last created or used. `undefined` if the cache has no records. */
    readonly lastUsed: Date | undefined;
}

interface UsageRecord {
    inUse?: boolean;
    size?: number;
    createdAt?: string;
    lastUsedAt?: string | null;
    recordType?: string;
}

/**
 * Queries the size of a running buildkitd's cache.
 *
 * @throws {Error} if buildkitd does not respond. The message contains the output of `buildctl`.
 * @throws the signal's reason if the signal aborts.
 */
export async function queryUsage(buildctl: Buildctl, signal?: AbortSignal): Promise<Usage> {
    const failed = `the cache usage of ${buildctl.name} cannot be queried`;
    const { exitCode, stdout, stderr } = await buildctl
        .run(["du", "--format", "{{json .}}"], signal)
        .catch((error: Error) => {
            signal?.throwIfAborted();
            throw new Error(`${failed}: ${error.message}`, { cause: error });
        });
    if (exitCode !== 0) throw new Error(`${failed}: ${(stderr || stdout).trim()}`);
    return summarize((JSON.parse(stdout) as UsageRecord[] | null) ?? []);
}

function summarize(records: readonly UsageRecord[]): Usage {
    const sum = (of: readonly UsageRecord[]) => of.reduce((all, { size = 0 }) => all + size, 0);
    const byType: Record<string, number> = {};
    for (const { recordType, size = 0 } of records) {
        const type = recordType || "regular";
        byType[type] = (byType[type] ?? 0) + size;
    }
    const times = records.map(({ lastUsedAt, createdAt }) => Date.parse(lastUsedAt ?? createdAt ?? ""));
    const newest = Math.max(...times.filter((time) => !Number.isNaN(time)));
    return {
        total: sum(records),
        reclaimable: sum(records.filter(({ inUse }) => inUse !== true)),
        byType,
        lastUsed: Number.isFinite(newest) ? new Date(newest) : undefined,
    };
}
