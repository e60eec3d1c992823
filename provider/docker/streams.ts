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
