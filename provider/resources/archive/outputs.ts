import type { ArchiveResult } from "../../transfer/result";

/** Names of the outputs of a `BuildKitStateArchive`. */
export const outputs: readonly string[] = Object.keys({
    location: true,
    sha256: true,
    bytes: true,
    size: true,
    buildkitVersion: true,
    createdAt: true,
    stoppedFor: true,
} satisfies Record<keyof ArchiveResult, true>);
