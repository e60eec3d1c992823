import { strict as assert } from "node:assert";
import { PassThrough } from "node:stream";
import { firstLine, freed, writeParts } from "../../provider/streams";

async function* partsOf(...parts: Buffer[]): AsyncGenerator<Buffer, void, undefined> {
    yield* parts;
}

/** The lengths of parts as they are passed on, and once all are: what is freed has none. */
async function passOn(parts: Buffer[], chunkSize?: number): Promise<{ during: number[]; after: number[] }> {
    const during: number[] = [];
    for await (const part of freed(partsOf(...parts), chunkSize)) during.push(part.length);
    return { during, after: parts.map(({ length }) => length) };
}

describe("the parts of a stream", () => {
    it("are freed once the next is asked for", async () => {
        const parts = [Buffer.from(new ArrayBuffer(64)), Buffer.from(new ArrayBuffer(Buffer.poolSize))];
        assert.deepEqual(await passOn(parts), { during: [64, Buffer.poolSize], after: [0, 0] });
    });

    it("are freed together where they fill the same memory, as zlib's do", async () => {
        const memory = new ArrayBuffer(1000);
        const parts = [Buffer.from(memory, 0, 600), Buffer.from(memory, 600)];
        assert.deepEqual(await passOn(parts.slice(0, 1), 1000), { during: [600], after: [600] });
        assert.deepEqual(await passOn(parts, 1000), { during: [600, 400], after: [0, 0] });
    });

    it("are left where they end memory that others lie in, as Node.js' pool of small buffers", async () => {
        const small = Buffer.from("small");
        assert.ok(small.buffer.byteLength >= Buffer.poolSize, "it lies in the pool");
        const last = Buffer.from(small.buffer, small.byteOffset + 1);
        const { length } = last;
        assert.deepEqual(await passOn([last]), { during: [length], after: [length] });
        assert.equal(small.toString(), "small");
    });
});

describe("the first line of a stream", () => {
    const split = async (...parts: string[]) => {
        const { line, rest } = await firstLine(partsOf(...parts.map((part) => Buffer.from(part))));
        let after = "";
        for await (const part of rest) after += part.toString();
        return [line, after];
    };

    it("ends in any part, and the rest follows", async () => {
        assert.deepEqual(await split("pi", "pe\nta", "r\n"), ["pipe", "tar\n"]);
        assert.deepEqual(await split("pipe\n"), ["pipe", ""]);
    });

    it("is missing if the stream ends before it", async () => {
        assert.deepEqual(await split("pipe"), [undefined, ""]);
        assert.deepEqual(await split(), [undefined, ""]);
    });
});

describe("parts that are written ahead", () => {
    it("wait for the stream if it still processes that many", async () => {
        let requested = 0;
        const parts = (async function* () {
            for (requested = 1; requested <= 5; requested++) yield Buffer.alloc(1);
        })();
        const stream = new PassThrough({ highWaterMark: 1 });
        const written = writeParts(parts, stream, 2);
        await new Promise((resolve) => setImmediate(resolve));
        assert.equal(requested, 3); // the stream has processed none of them
        stream.resume();
        await written;
        assert.equal(requested, 6);
    });

    it("fail with the error of the stream", async () => {
        const stream = new PassThrough({ highWaterMark: 1 });
        const written = writeParts(partsOf(Buffer.alloc(9), Buffer.alloc(9), Buffer.alloc(9)), stream, 1);
        stream.destroy(new Error("the disk is full"));
        await assert.rejects(written, /the disk is full/);
    });
});
