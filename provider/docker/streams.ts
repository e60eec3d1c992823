import type { Writable } from "node:stream";

/** All that a stream gives. */
export async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk as Uint8Array);
    return Buffer.concat(chunks);
}

/**
 * The text in a stream of frames, as the Engine API sends output: one byte that tells the stream, three empty
 * ones, four with the length, and then that many of text.
 */
export function demultiplex(frames: Buffer, only?: "stdout" | "stderr"): string {
    const parts: Buffer[] = [];
    for (let at = 0; at + 8 <= frames.length;) {
        const end = at + 8 + frames.readUInt32BE(at + 4);
        const isError = frames[at] === 2;
        if (only === undefined || (only === "stderr") === isError) parts.push(frames.subarray(at + 8, end));
        at = end;
    }
    return Buffer.concat(parts).toString("utf8");
}

/**
 * Passes parts on, and frees the memory of each once the next is asked for. By itself it stays until the garbage collector
 * comes by, which it does only after some 64 MB, and then at length.
 *
 * A part that does not fill its memory is left alone: it may lie in the pool that Node.js takes small buffers from, as where a
 * stream joined parts, and its neighbours are someone else's.
 *
 * @param chunkSize of a stream of `node:zlib`, in bytes: it fills memory of that size with one part after the other, which is
 *   freed with the last of them.
 */
export async function* freed(
    parts: AsyncIterable<Buffer>,
    chunkSize?: number,
): AsyncGenerator<Buffer, void, undefined> {
    for await (const part of parts) {
        yield part;
        const { buffer, byteOffset, byteLength } = part;
        const isAll = byteLength === buffer.byteLength;
        const isLast = buffer.byteLength === chunkSize && byteOffset + byteLength === chunkSize;
        if (isAll || isLast) (buffer as Partial<Transferable>).transfer?.(0);
    }
}

/** `ArrayBuffer.prototype.transfer` of ES2024, which Node.js has since 21. */
interface Transferable {
    transfer(newLength: number): ArrayBuffer;
}

/** Writes parts, each of which is there until the next is asked for. */
export async function writeAll(parts: AsyncIterable<Buffer>, stream: Writable): Promise<void> {
    let failure: Error | undefined;
    stream.on("error", (error) => (failure = error));
    for await (const part of parts) {
        if (failure) throw failure;
        await new Promise<void>((resolve, reject) => {
            stream.once("error", reject);
            stream.write(part, (error) => {
                stream.off("error", reject);
                if (error) reject(error);
                else resolve();
            });
        });
    }
    stream.end();
}

/**
 * What a process writes to standard output, as it comes, out of a stream of frames. It takes no more than it is asked for,
 * so that a slow reader slows the process down instead of filling the memory.
 *
 * @param onStderr is given what it writes to standard error.
 */
export async function* stdoutOf(
    frames: AsyncIterable<Buffer>,
    onStderr: (text: Buffer) => void,
): AsyncGenerator<Buffer, void, undefined> {
    let header = Buffer.alloc(0);
    let left = 0;
    let isError = false;
    for await (let chunk of frames) {
        while (chunk.length > 0) {
            if (left === 0) {
                const missing = 8 - header.length;
                header = Buffer.concat([header, chunk.subarray(0, missing)]);
                chunk = chunk.subarray(missing);
                if (header.length < 8) continue;
                left = header.readUInt32BE(4);
                isError = header[0] === 2;
                header = Buffer.alloc(0);
                continue;
            }
            const part = chunk.subarray(0, left);
            chunk = chunk.subarray(part.length);
            left -= part.length;
            if (isError) onStderr(part);
            else yield part;
        }
    }
}
