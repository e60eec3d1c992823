/** What Pulumi saves of a `BuildKitStateArchive`. */
import type { ArchiveResult } from "../../transfer/result";
import { withoutOutputs } from "../saved";
import type { ArchiveArguments } from "./args";
import { desiredArchive } from "./desired";
import type { ObservedArchive } from "./observe";
import { outputs } from "./outputs";
import type { PreviousArchive } from "./plan";

/** An archive in Pulumi's state: its arguments and outputs. */
export interface SavedArchive extends ArchiveArguments, ArchiveResult {}

export function toSaved(args: ArchiveArguments, result: ArchiveResult): SavedArchive {
    const { location, sha256, bytes, size, buildkitVersion, createdAt, stoppedFor } = result;
    return { ...args, location, sha256, bytes, size, buildkitVersion, createdAt, stoppedFor };
}

export const savedArguments = (saved: SavedArchive): ArchiveArguments =>
    withoutOutputs<ArchiveArguments>(saved, outputs);

export const previousOf = (saved: SavedArchive): PreviousArchive => ({
    desired: desiredArchive(savedArguments(saved)),
    sha256: saved.sha256,
});

/** Returns the archive as Pulumi's state describes it. */
export const archiveInState = ({ sha256 }: SavedArchive): ObservedArchive => ({ sha256 });
