import type { Writable } from "node:stream";

/** Returns the whole content of a stream. */
export async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk as Uint8Array);
    return Buffer.concat(chunks);
}

/**
 * Returns the text in a stream of frames, in which the Engine API sends output. A frame has one byte for the stream,
 * three empty bytes, four bytes for the length, and then as many bytes of text.
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
 * Yields parts, and frees the memory of each part when the next is requested. Otherwise the memory is held until the
 * garbage collector runs, which happens only after about 64 MB and then takes long.
 *
 * A part that does not fill its memory is not freed. Its memory may be the pool from which Node.js allocates small
 * buffers, for example if a stream joined parts, and other code may use the rest of that pool.
 *
 * @param chunkSize the chunk size of a `node:zlib` stream, in bytes. A `node:zlib` stream fills memory of that size
 *   with one part after another. It is freed with the last part.
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

/** `ArrayBuffer.prototype.transfer` of ES2024, available since Node.js 21. */
interface Transferable {
    transfer(newLength: number): ArrayBuffer;
}

/** Writes parts to a stream and ends it. Each part only needs to be valid until the next part is requested. */
export async function writeAll(parts: AsyncIterable<Buffer>, stream: Writable): Promise<void> {
    await writeParts(parts, stream, 0);
    stream.end();
}

/**
 * Writes parts to a stream. Returns when the stream has processed all of them.
 *
 * @param ahead how many parts the stream may still be processing when the next part is requested. So each part must be
 *   valid until that many further parts and the next part were requested.
 */
export async function writeParts(parts: AsyncIterable<Buffer>, stream: Writable, ahead: number): Promise<void> {
    let failure: Error | undefined;
    stream.on("error", (error) => (failure = error));
    const pending: Promise<void>[] = [];
    for await (const part of parts) {
        if (failure) throw failure;
        pending.push(write(stream, part));
        if (pending.length > ahead) await pending.shift();
    }
    await Promise.all(pending);
}

/** Writes a part. Some streams report a failure only as an event, and others only to the callback. */
function write(stream: Writable, part: Buffer): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
        stream.once("error", reject);
        stream.write(part, (error) => {
            stream.off("error", reject);
            if (error) reject(error);
            else resolve();
        });
    });
    written.catch(() => {}); // its caller may await an earlier write that fails too
    return written;
}

/**
 * Yields the standard output of a process from a stream of frames, as it arrives. It reads frames only when its caller
 * requests more, so that a slow reader slows the process down instead of filling the memory.
 *
 * @param onStderr receives the standard error of the process.
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

/**
 * Splits a stream after its first line.
 *
 * @returns the line without its end, and the parts after it. The line is `undefined` if the stream ends before it.
 */
export async function firstLine(
    parts: AsyncGenerator<Buffer, void, undefined>,
): Promise<{ line: string | undefined; rest: AsyncGenerator<Buffer, void, undefined> }> {
    let start = Buffer.alloc(0);
    let end: number;
    do {
        const next = await parts.next();
        if (next.done) return { line: undefined, rest: parts };
        start = Buffer.concat([start, next.value]);
        end = start.indexOf("\n");
    } while (end < 0);
    const after = start.subarray(end + 1);
    const rest = (async function* () {
        if (after.length > 0) yield after;
        yield* parts;
    })();
    return { line: start.toString("utf8", 0, end), rest };
}
