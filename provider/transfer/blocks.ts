/**
 * A tar in large blocks. Each block costs a turn of Node.js' event loop and of its thread pool, for the hash and for
 * the compressor.
 */
import { Socket } from "node:net";

/** The length of a block, in bytes. */
export const blockLength = 1024 * 1024;

/** How many blocks may wait for the compressor, which runs in another thread, while further blocks are hashed. */
export const blocksAhead = 3;

/** How many blocks are read from a pipe before they are requested. */
const readAhead = 2;

const makeBlocks = (count: number) => Array.from({ length: count }, () => Buffer.allocUnsafeSlow(blockLength));

/**
 * Joins small parts into blocks. The blocks share memory: each is valid until {@link blocksAhead} further blocks and
 * the next block were requested.
 */
export async function* inBlocks(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    const blocks = makeBlocks(blocksAhead + 1);
    let [index, filled] = [0, 0];
    for await (let part of parts) {
        while (part.length > 0) {
            const block = blocks[index]!;
            const copied = part.copy(block, filled);
            filled += copied;
            part = part.subarray(copied);
            if (filled < block.length) continue;
            yield block;
            index = (index + 1) % blocks.length;
            filled = 0;
        }
    }
    if (filled > 0) yield blocks[index]!.subarray(0, filled);
}

/** A socket that is read into blocks, without a copy of each part. */
export interface BlockSocket {
    readonly socket: Socket;
    /** The blocks of the socket. They are valid as long as those of {@link inBlocks}. */
    readonly blocks: AsyncGenerator<Buffer, void, undefined>;
}

/** Opens a socket for a file descriptor, and starts to read. */
export function openBlockSocket(fd: number): BlockSocket {
    const ring = makeBlocks(blocksAhead + 1 + readAhead);
    const blockAt = (number: number): Buffer => ring[number % ring.length]!;
    let requested = 0; // the number of the block that was requested last
    let reading = 0; // the number of the block that the socket fills
    let filled = 0;
    let isStopped = false;
    let wake = (): void => {};
    const socket = new Socket({
        fd,
        writable: false,
        onread: {
            buffer: () => blockAt(reading).subarray(filled),
            callback(length) {
                filled += length;
                if (filled < blockLength) return true;
                reading++;
                filled = 0;
                wake();
                isStopped = reading > requested + readAhead; // the next block is still in use
                return !isStopped;
            },
        },
    });
    let isAtEnd = false;
    const ended = new Promise<void>((resolve, reject) => {
        socket.once("error", reject);
        socket.once("end", () => {
            isAtEnd = true;
            resolve();
        });
        socket.once("close", () => reject(new Error("the pipe was closed before the end of the tar")));
    });
    ended.catch(() => {}); // the generator throws it
    async function* read(): AsyncGenerator<Buffer, void, undefined> {
        for (; ; requested++) {
            if (isStopped) {
                isStopped = false;
                socket.resume();
            }
            while (reading === requested && !isAtEnd)
                await Promise.race([ended, new Promise<void>((resolve) => (wake = resolve))]);
            if (reading === requested) break;
            yield blockAt(requested);
        }
        if (filled > 0) yield blockAt(requested).subarray(0, filled);
    }
    return { socket, blocks: read() };
}
