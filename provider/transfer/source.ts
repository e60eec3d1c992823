import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { openRepository } from "../registry/repository";
import { RegistryError } from "../registry/error";
import type { Waiting } from "../waiting";
import { type Manifest, manifestFrameLength, parseManifest, parseTrailer, type Trailer, trailerLength } from "./format";
import { readStateImage } from "./stateImage";
import type { Location } from "./location";

/** An archive that exists and is complete, judged by its manifest and its trailer. */
export interface Source {
    readonly manifest: Manifest;
    readonly trailer: Trailer;
    /** Returns the content of the whole archive. */
    read(signal: AbortSignal): Promise<AsyncIterable<Buffer>>;
    readonly size: number;
}

export const openSource = (from: Location, waiting?: Waiting): Promise<Source> =>
    "archive" in from ? openFile(from.archive) : openImage(from.image, waiting);

/** Opens a source. Returns `undefined` if the file is not a complete archive, or if the image does not exist. */
export const findSource = (from: Location): Promise<Source | undefined> =>
    openSource(from).catch((error: unknown) => {
        if ("archive" in from || (error instanceof RegistryError && error.status === 404)) return undefined;
        throw error;
    });

const advice = "Use a complete archive, written by archiveState or BuildKitStateArchive";

/**
 * Opens an archive file.
 *
 * @throws {Error} if the file cannot be read, is not an archive, or is incomplete.
 */
export async function openFile(path: string): Promise<Source> {
    const place = resolve(path);
    const file = await open(place).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") throw new Error(`archive ${place} not found. ${advice}`);
        throw new Error(`archive ${place} cannot be read: ${error.message}. ${advice}`);
    });
    try {
        const { size } = await file.stat();
        const read = async (at: number, length: number) =>
            (await file.read(Buffer.alloc(length), 0, length, Math.max(at, 0))).buffer;
        const length = manifestFrameLength(await read(0, 8));
        const manifest = length === undefined ? undefined : parseManifest(await read(0, length));
        if (manifest === undefined) throw new Error(`${place} is not a valid archive of a BuildKit state. ${advice}`);
        requireFormat(manifest, place);
        const trailer = parseTrailer(await read(size - trailerLength, trailerLength));
        if (trailer === undefined)
            throw new Error(`archive ${place} is incomplete: its end, with the checksum, is missing. ${advice}`);
        return { manifest, trailer, size, read: async () => createReadStream(place, { highWaterMark: 256 * 1024 }) };
    } finally {
        await file.close();
    }
}

async function openImage(image: string, waiting?: Waiting): Promise<Source> {
    const repository = await openRepository(image, "pull", waiting);
    const { layer, manifest, trailer } = await readStateImage(repository, image);
    requireFormat(manifest, image);
    const read = () => repository.download(layer.digest);
    return { manifest, trailer, size: layer.size, read };
}

function requireFormat({ format, madeBy }: Manifest, name: string): void {
    if (format === 1) return;
    throw new Error(
        `format ${String(format)} of ${name} is not supported: it was written by pulumi-buildx ${madeBy}. ` +
            "Use that version or newer",
    );
}

/** Returns the compressed tar of an archive, which lies between its first and its last frame. */
export async function* compressedTar(
    archive: AsyncIterable<Buffer>,
    size: number,
): AsyncGenerator<Buffer, void, undefined> {
    let head: Buffer | undefined = Buffer.alloc(0);
    let left = size - trailerLength;
    for await (let part of archive) {
        if (head !== undefined) {
            head = Buffer.concat([head, part]);
            const length = head.length < 8 ? Infinity : (manifestFrameLength(head) ?? 0);
            if (length === 0) throw new Error("the archive has no valid start");
            if (head.length < length) continue;
            part = head.subarray(length);
            left -= length;
            head = undefined;
        }
        const wanted = part.subarray(0, Math.max(left, 0));
        left -= part.length;
        if (wanted.length > 0) yield wanted;
    }
}
