import type { Platform } from "../buildx/platform";
import { type Engine, engineMessage } from "../docker/engine";
import { execInContainer } from "../docker/exec";
import { whyTooOld } from "./version";

/** What a running buildkitd says of itself. */
export interface Workers {
    /** Platforms that it can build for, its own first. */
    readonly platforms: readonly Platform[];
    /** Such as `v0.34.2`; empty where it does not say. */
    readonly version: string;
    /** It knows no bound but `keepBytes`, and a rule of its garbage collection has none. */
    readonly isUnbounded: boolean;
}

/** Thrown where buildkitd does not answer; the message is what `buildctl` said. */
export class NotReadyError extends Error {}

interface WorkerRecord {
    platforms: Platform[] | null;
    buildkitVersion?: { version?: string };
    gcPolicy?: PolicyRecord[] | null;
}

/** BuildKit before v0.17 has `keepBytes` in it, a newer one the three bounds. */
interface PolicyRecord {
    keepBytes?: number;
    keepDuration?: number;
}

/**
 * Asks the buildkitd in a running container for its workers.
 *
 * @throws {@link NotReadyError} until it answers, and the signal's reason once that aborts.
 */
export async function askWorkers(engine: Engine, container: string, signal?: AbortSignal): Promise<Workers> {
    const command = ["buildctl", "debug", "workers", "--format", "{{json .}}"];
    const asked = execInContainer(engine, container, command, signal);
    const { exitCode, stdout, stderr } = await asked.catch((error: Error) => {
        signal?.throwIfAborted();
        throw new NotReadyError(engineMessage(error));
    });
    const why = exitCode === 0 ? undefined : whyTooOld(stdout + stderr);
    if (why !== undefined) throw new Error(`BuildKit in ${container} on ${engine.endpoint.host} ${why}`);
    if (exitCode !== 0) throw new NotReadyError((stderr || stdout).trim() || `buildctl ended with ${exitCode}`);
    const workers = JSON.parse(stdout) as WorkerRecord[];
    return {
        platforms: workers.flatMap((worker) => worker.platforms ?? []),
        version: workers[0]?.buildkitVersion?.version ?? "",
        isUnbounded: workers.some(({ gcPolicy }) =>
            gcPolicy?.some(({ keepBytes, keepDuration }) => keepBytes === 0 && !keepDuration),
        ),
    };
}
