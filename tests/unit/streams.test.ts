import { strict as assert } from "node:assert";
import { freed } from "../../provider/streams";

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
