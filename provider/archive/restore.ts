/** Brings a state into a volume: from an archive, or from another volume of the same engine. */
import { once } from "node:events";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { removeContainer } from "../docker/container";
import type { Engine } from "../docker/engine";
import { inspectVolume } from "../docker/volume";
import { requireZstd, type Trailer } from "./format";
import { type Copying, ensureHelperImage, makeHelper, runHelper, startWithInput, startWithOutput } from "./helper";
import { type Location, type RestoreSource, saySource } from "./location";
import { builderOf, requireLasting, whileStopped } from "./pause";
import { meter } from "./progress";
import { copiedRecords, copy, foreignEntries, look, measure, ownEntries, recordLength, restore } from "./scripts";
import { compressedTar, openSource } from "./source";
import { counting, type Reporting } from "./write";

export interface RestoreRequest {
    readonly from: RestoreSource;
    /** Of the helper. */
    readonly image: string;
    /** What the volume is marked with once all is there. */
    readonly mark: string;
    /** Seconds until running builds on another volume are cut off. */
    readonly drainTimeout: number;
}

/** What there is in a volume. */
export interface Content {
    /** Names at its root, without those of the copying's own. */
    readonly entries: readonly string[];
    /** The mark of the restore that it is the result of, if it is of one. */
    readonly mark: string | undefined;
    /** A restore that was cut off when it was moving entries to the root; they are its own. */
    readonly isHalfMoved: boolean;
}

export async function contentOf(
    engine: Engine,
    volume: string,
    image: string,
    { report, signal, warn }: Reporting,
): Promise<Content> {
    const copying = { engine, volume, image, report, signal, warn };
    await ensureHelperImage(copying);
    const [names = "", mark = ""] = (await runHelper(copying, look)).split("\n\n");
    const all = names.split("\n").filter((name) => name !== "");
    return {
        entries: all.filter((name) => !foreignEntries.includes(name)),
        mark: mark.trim() || undefined,
        isHalfMoved: all.includes(ownEntries.moving),
    };
}

/**
 * Restores into a volume, in place of whatever is in it. What is unpacked lies aside until all of it is there and its
 * checksum is right; so that where this fails, is ended or is killed, the volume holds what it held before.
 */
export async function restoreState(
    engine: Engine,
    volume: string,
    { from, image, mark, drainTimeout }: RestoreRequest,
    { report, onProgress, signal, warn }: Reporting,
): Promise<void> {
    const copying: Copying = { engine, volume, image, report, signal, warn };
    try {
        await ensureHelperImage(copying);
        if ("volume" in from) await copyVolume(copying, from.volume, mark, drainTimeout, onProgress);
        else await unpack(copying, from, mark, onProgress);
    } catch (error) {
        if (signal.aborted) throw error;
        const where = `volume ${volume} on ${engine.endpoint.host}`;
        throw new Error(`${saySource(from)} cannot be restored into ${where}: ${(error as Error).message}`, {
            cause: error,
        });
    }
}

async function unpack(
    copying: Copying,
    from: Location,
    mark: string,
    onProgress: Reporting["onProgress"],
): Promise<void> {
    const { engine, report, signal } = copying;
    const zstd = requireZstd();
    const source = await openSource(from, copying);
    const { bytes, sha256 } = source.trailer;
    const name = await makeHelper(copying, { script: restore(bytes, mark), hasInput: true });
    try {
        report(`restoring ${saySource(from)}`);
        const helper = await startWithInput(copying, name);
        // What it says is read all along: it ends early where the disk is full.
        const unpacked = saidBy(helper.output);
        const known: { trailer?: Trailer } = {};
        const count = meter(bytes, onProgress);
        const decompressor = zstd.createZstdDecompress({ chunkSize: 1024 * 1024 });
        const archive = compressedTar(await source.read(signal), source.size);
        try {
            await pipeline(archive, decompressor, (tar: AsyncIterable<Buffer>) =>
                feed(counting(tar, count, known), helper.input, unpacked.ended),
            );
        } catch (error) {
            helper.input.destroy();
            await unpacked.ended;
            if (!unpacked.isCut) throw error;
            await helper.ended(); // which tells why
            throw error;
        }
        if (known.trailer?.sha256 !== sha256 || known.trailer.bytes !== bytes) {
            helper.input.destroy();
            throw new Error(
                `its content has the checksum ${known.trailer?.sha256 ?? "of nothing"}, not ${sha256} as it was written with: it is damaged. Take another copy`,
            );
        }
        helper.input.write("whole\n");
        report("moving what was restored to its place");
        await unpacked.ended;
        await helper.ended();
    } finally {
        await removeContainer(engine, name);
    }
}

/** Reads to the end what a helper says. */
function saidBy(output: AsyncIterable<Buffer>) {
    const result = { isCut: false, ended: Promise.resolve() };
    result.ended = (async () => {
        for await (const part of output) void part;
        result.isCut = true;
    })().catch(() => {});
    return result;
}

/** Writes as fast as it is taken, and gives up where the one that reads has ended. */
async function feed(parts: AsyncIterable<Buffer>, input: Writable, ended: Promise<void>): Promise<void> {
    const isOver = ended.then(() => {
        throw new Error("the helper container ended before it had read all");
    });
    isOver.catch(() => {});
    for await (const part of parts) {
        if (!input.write(part)) await Promise.race([once(input, "drain"), isOver]);
    }
}

async function copyVolume(
    copying: Copying,
    from: string,
    mark: string,
    drainTimeout: number,
    onProgress: Reporting["onProgress"],
): Promise<void> {
    const { engine, report, signal } = copying;
    const { host } = engine.endpoint;
    const found = await inspectVolume(engine, from);
    if (found === undefined) throw new Error(`there is no such volume on ${host}: docker volume ls lists them`);
    requireLasting(found, host);
    report(`measuring ${from}`);
    const total = Number.parseInt(await runHelper({ ...copying, volume: from }, measure), 10);
    const builder = await builderOf(engine, from, signal);
    const stops = builder?.isRunning ? { stops: builder.container } : {};
    const name = await makeHelper(copying, { script: copy(mark), from, ...stops });
    try {
        await whileStopped(copying, builder, drainTimeout, async () => {
            report(`copying ${from}`);
            const count = meter(total, onProgress);
            let copied = 0;
            const helper = await startWithOutput(copying, name, (text) => {
                const now = (copiedRecords(text) ?? 0) * recordLength;
                count(Math.max(now - copied, 0));
                copied = Math.max(now, copied);
            });
            try {
                for await (const part of helper.output) void part;
                await helper.ended();
            } finally {
                await helper.stop();
            }
        });
    } finally {
        await removeContainer(engine, name);
    }
}
