import { engineMessage, type Engine } from "../docker/engine";
import { execInContainer } from "../docker/exec";

/** What a buildkitd keeps in its cache, in bytes. */
export interface Usage {
    readonly total: number;
    /** What a prune of everything would free: all that no running build is using. */
    readonly reclaimable: number;
    /** By BuildKit's own names: `regular`, `source.local`, `exec.cachemount`, … */
    readonly byType: Readonly<Record<string, number>>;
    /** When the newest of it was made or used; `undefined` where there is none. */
    readonly lastUsed: Date | undefined;
}

interface UsageRecord {
    inUse?: boolean;
    size?: number;
    createdAt?: string;
    lastUsedAt?: string | null;
    recordType?: string;
}

/** Asks the buildkitd in a running container; throws with what it said where it does not answer. */
export async function askUsage(engine: Engine, container: string, signal?: AbortSignal): Promise<Usage> {
    const command = ["buildctl", "du", "--format", "{{json .}}"];
    const asked = execInContainer(engine, container, command, signal);
    const { exitCode, stdout, stderr } = await asked.catch((error: Error) => {
        signal?.throwIfAborted();
        throw new Error(`the cache of ${container} cannot be asked for: ${engineMessage(error)}`, { cause: error });
    });
    if (exitCode !== 0) throw new Error(`the cache of ${container} cannot be asked for: ${(stderr || stdout).trim()}`);
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
