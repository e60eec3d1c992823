/** An archive that was written. */
export interface ArchiveResult {
    /** Where it lies: the path as it was given, or the image with its digest. */
    readonly location: string;
    /** Of the tar in it. */
    readonly sha256: string;
    /** The tar's length. */
    readonly bytes: number;
    /** The archive's own length. */
    readonly size: number;
    /** Such as `v0.34.2`; empty where no builder says. */
    readonly buildkitVersion: string;
    /** RFC 3339, in UTC. */
    readonly createdAt: string;
    /** For how many seconds no build could run; 0 where the builder did not run. */
    readonly stoppedFor: number;
}
