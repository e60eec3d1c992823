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
