import type { Platform } from "../text/platform";
import type { Buildctl } from "./buildctl";
import { type Release, whyTooOld } from "./version";

/** Properties that a running buildkitd reports. */
export interface Workers extends Release {
    /** Platforms that buildkitd can build for, the native platform first. */
    readonly platforms: readonly Platform[];
}

/** Thrown if buildkitd does not respond. The message is the output of `buildctl`. */
export class NotReadyError extends Error {}

interface WorkerRecord {
    platforms: Platform[] | null;
    buildkitVersion?: { version?: string };
    gcPolicy?: PolicyRecord[] | null;
}

/** A rule of the policy. BuildKit before v0.17 reports `keepBytes`, newer versions report the three limits. */
interface PolicyRecord {
    keepBytes?: number;
    keepDuration?: number;
}

/**
 * Queries the workers of a buildkitd.
 *
 * @throws {NotReadyError} if buildkitd does not respond yet.
 * @throws {Error} if buildkitd is too old to be queried.
 * @throws the signal's reason if the signal aborts.
 */
export async function queryWorkers(buildctl: Buildctl, signal?: AbortSignal): Promise<Workers> {
    const args = ["debug", "workers", "--format", "{{json .}}"];
    const { exitCode, stdout, stderr } = await buildctl.run(args, signal).catch((error: Error) => {
        signal?.throwIfAborted();
        throw new NotReadyError(error.message);
    });
    const why = exitCode === 0 ? undefined : whyTooOld(stdout + stderr);
    if (why !== undefined) throw new Error(`BuildKit in ${buildctl.where} cannot be queried: ${why}`);
    if (exitCode !== 0)
        throw new NotReadyError((stderr || stdout).trim() || `buildctl failed with exit code ${exitCode}`);
    const workers = JSON.parse(stdout) as WorkerRecord[];
    return {
        platforms: workers.flatMap((worker) => worker.platforms ?? []),
        version: workers[0]?.buildkitVersion?.version ?? "",
        isUnbounded: workers.some(({ gcPolicy }) =>
            gcPolicy?.some(({ keepBytes, keepDuration }) => keepBytes === 0 && !keepDuration),
        ),
    };
}
