/** An archive that was written. */
export interface ArchiveResult {
    /** The location of the archive: the path as given, or the image with its digest. */
    readonly location: string;
    /** The SHA-256 of the tar in the archive, in hexadecimal. */
    readonly sha256: string;
    /** The length of the tar, in bytes. */
    readonly bytes: number;
    /** The length of the archive itself, compressed, in bytes. */
    readonly size: number;
    /** The version of BuildKit, for example `v0.34.2`; empty if no builder reports it. */
    readonly buildkitVersion: string;
    /** When the archive was written, in RFC 3339 format, in UTC. */
    readonly createdAt: string;
    /** The number of seconds in which no build could run; 0 if the builder was not running. */
    readonly stoppedFor: number;
}
