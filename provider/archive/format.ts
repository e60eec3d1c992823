/**
 * What an archive is made of: a skippable zstd frame with the {@link Manifest}, a zstd frame with a tar, and a skippable
 * frame with the {@link Trailer}. zstd passes over the skippable ones (facebook/zstd `doc/zstd_compression_format.md`), so
 * that `zstd -d | tar x` reads it.
 */
import { createRequire } from "node:module";
import zlib from "node:zlib";

/** What an archive says of itself, at its head. */
export interface Manifest {
    readonly format: 1;
    /** Such as `v0.34.2`; empty where nobody could say. */
    readonly buildkitVersion: string;
    readonly volume: string;
    readonly node: string;
    /** RFC 3339, in UTC. */
    readonly createdAt: string;
    /** This package's version. */
    readonly madeBy: string;
    /** The engine's architecture, such as `x86_64`. */
    readonly architecture: string;
}

/** What is known once all of the tar has gone by. An archive without it is a part of one. */
export interface Trailer {
    /** Of the tar. */
    readonly sha256: string;
    /** The tar's length. */
    readonly bytes: number;
}

/** One of the sixteen magic numbers of skippable frames. */
const magic = 0x184d2a5b;

const headerLength = 8;

/** Always as long as this, so that it is found from an archive's end. */
export const trailerLength = 256;

/** More than any manifest takes; what claims more is no archive. */
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

/** How much the content of a skippable frame takes; `undefined` where there is no such frame. */
function contentLength(frame: Buffer): number | undefined {
    if (frame.length < headerLength || frame.readUInt32LE(0) !== magic) return undefined;
    return frame.readUInt32LE(4);
}

/** How long the frame with the manifest is, by its first bytes; `undefined` where this is no archive. */
export function manifestFrameLength(start: Buffer): number | undefined {
    const length = contentLength(start);
    return length === undefined || length > longestManifest ? undefined : headerLength + length;
}

export const parseManifest = (frame: Buffer): Manifest | undefined => {
    const found = parse<Manifest>(frame.subarray(headerLength));
    return typeof found?.format === "number" ? found : undefined;
};

/** @param end the last bytes of an archive; `undefined` where they are no trailer. */
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

/** This package's version. */
export const ownVersion = (): string =>
    (createRequire(__filename)("pulumi-buildx/package.json") as { version: string }).version;

/** Node.js has zstd since 22.15 and 23.8. */
export function requireZstd(): typeof zlib {
    if (typeof (zlib as Partial<typeof zlib>).createZstdCompress === "function") return zlib;
    throw new Error(
        `archives of states are compressed with zstd, which Node.js ${process.version} does not have: use 22.15 or newer`,
    );
}
