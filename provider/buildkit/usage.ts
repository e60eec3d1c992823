import type { Engine } from "../docker/engine";
import { execInContainer } from "../docker/exec";

/** What BuildKit's cache takes, in bytes. */
export interface Usage {
    readonly total: number;
    /** What nothing uses at the moment, and `prune` could remove. */
    readonly reclaimable: number;
    /** By BuildKit's own types: `regular`, `exec.cachemount`, `source.local`, … */
    readonly byType: Readonly<Record<string, number>>;
    /** When some of it was used last; `undefined` where there is nothing. */
    readonly lastUsed: Date | undefined;
}

interface UsageRecord {
    size: number;
    inUse: boolean;
    recordType: string;
    createdAt: string;
    lastUsedAt?: string | null;
}

/** Asks the buildkitd in a running container. */
export async function askUsage(engine: Engine, container: string): Promise<Usage> {
    const command = ["buildctl", "du", "--format", "{{json .}}"];
    const { exitCode, stdout, stderr } = await execInContainer(engine, container, command);
    if (exitCode !== 0) {
        const said = (stderr || stdout).trim();
        throw new Error(`buildctl du in ${container} on ${engine.endpoint.host} ended with ${exitCode}: ${said}`);
    }
    return usageOf((JSON.parse(stdout || "null") as UsageRecord[] | null) ?? []);
}

export function usageOf(records: readonly UsageRecord[]): Usage {
    const sum = (of: readonly UsageRecord[]) => of.reduce((all, { size }) => all + Math.max(size, 0), 0);
    const types = [...new Set(records.map((each) => each.recordType))].sort();
    const times = records.map(({ createdAt, lastUsedAt }) => Date.parse(lastUsedAt ?? createdAt)).filter(Boolean);
    return {
        total: sum(records),
        reclaimable: sum(records.filter(({ inUse }) => !inUse)),
        byType: Object.fromEntries(
            types.map((type) => [type || "regular", sum(records.filter((each) => each.recordType === type))]),
        ),
        lastUsed: times.length === 0 ? undefined : new Date(times.reduce((a, b) => Math.max(a, b))),
    };
}
