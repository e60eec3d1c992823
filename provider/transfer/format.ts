/**
 * The format of an archive: a skippable zstd frame with the {@link Manifest}, a zstd frame with a tar, and a skippable
 * frame with the {@link Trailer}. zstd ignores skippable frames (facebook/zstd `doc/zstd_compression_format.md`), so
 * `zstd -d | tar x` can read an archive.
 */
import { createRequire } from "node:module";
import zlib from "node:zlib";

/** Metadata at the start of an archive. */
export interface Manifest {
    readonly format: 1;
    /** For example `v0.34.2`; empty if it is not known. */
    readonly buildkitVersion: string;
    readonly volume: string;
    readonly node: string;
    /** The time in RFC 3339 format, in UTC. */
    readonly createdAt: string;
    /** The version of this package that wrote the archive. */
    readonly madeBy: string;
    /** The engine's architecture, for example `x86_64`. */
    readonly architecture: string;
}

/** Metadata at the end of an archive, known only after the whole tar was read. An archive without it is incomplete. */
export interface Trailer {
    /** The SHA-256 of the tar, in hexadecimal. */
    readonly sha256: string;
    /** The length of the tar, in bytes. */
    readonly bytes: number;
}

/** One of the sixteen magic numbers for skippable frames. */
const magic = 0x184d2a5b;

const headerLength = 8;

/** The length of the frame with the trailer, in bytes. It is constant, so the frame is found from the archive's end. */
export const trailerLength = 256;

/** The maximum length of a manifest, in bytes, which no manifest reaches. A file that states more is not an archive. */
const longestManifest = 64 * 1024;

function skippable(content: Buffer): Buffer {
    const header = Buffer.alloc(headerLength);
    header.writeUInt32LE(magic, 0);
    header.writeUInt32LE(content.length, 4);
    return Buffer.concat([header, content]);
}

export const manifestFrame = (manifest: Manifest): Buffer => skippable(Buffer.from(JSON.stringify(manifest)));

export const trailerFrame = (trailer: Trailer): Buffer =>
    skippable(Buffer.from(JSON.stringify(trailer).padEnd(trailerLength - headerLength)));

/** Returns the length of a skippable frame's content in bytes, or `undefined` if there is no such frame. */
function contentLength(frame: Buffer): number | undefined {
    if (frame.length < headerLength || frame.readUInt32LE(0) !== magic) return undefined;
    return frame.readUInt32LE(4);
}

/** Reads the length of the manifest's frame from its first bytes. Returns `undefined` if this is not an archive. */
export function manifestFrameLength(start: Buffer): number | undefined {
    const length = contentLength(start);
    return length === undefined || length > longestManifest ? undefined : headerLength + length;
}

export const parseManifest = (frame: Buffer): Manifest | undefined => {
    const found = parse<Manifest>(frame.subarray(headerLength));
    return typeof found?.format === "number" ? found : undefined;
};

/**
 * Returns the trailer, or `undefined` if the bytes are not a trailer.
 *
 * @param end the last bytes of an archive.
 */
export function parseTrailer(end: Buffer): Trailer | undefined {
    if (contentLength(end) !== trailerLength - headerLength) return undefined;
    const found = parse<Trailer>(end.subarray(headerLength));
    return typeof found?.sha256 === "string" && typeof found.bytes === "number" ? found : undefined;
}

function parse<T>(content: Buffer): T | undefined {
    try {
        return JSON.parse(content.toString("utf8")) as T;
    } catch {
        return undefined;
    }
}

/** Returns the version of this package. */
export const ownVersion = (): string =>
    (createRequire(__filename)("pulumi-buildx/package.json") as { version: string }).version;

/**
 * Returns `node:zlib`. Node.js has zstd since 22.15 and 23.8.
 *
 * @throws {Error} if this Node.js has no zstd.
 */
export function requireZstd(): typeof zlib {
    if (typeof (zlib as Partial<typeof zlib>).createZstdCompress === "function") return zlib;
    throw new Error(
        `archives of states are not supported with Node.js ${process.version}: it has no zstd. Use Node.js 22.15 or newer`,
    );
}
