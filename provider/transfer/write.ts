/** Writes a state into an archive. */
import { createHash } from "node:crypto";
import type { Transform } from "node:stream";
import { otherDriverOf, whyOtherDriver } from "../buildx/otherDriver";
import { volumeName } from "../buildx/names";
import { listRecords, readRecord } from "../buildx/store";
import { type Engine, traitsOf } from "../docker/engine/engine";
import { freed, writeParts } from "../streams";
import { inspectVolume } from "../docker/engine/volume";
import type { Waiting } from "../waiting";
import { type Manifest, manifestFrame, ownVersion, requireZstd, type Trailer, trailerFrame } from "./format";
import { type Copying, ensureHelperImage, type RunningHelper, startWithOutput } from "./helperContainer";
import { type Location, formatLocation } from "./location";
import { findBuilderOf, requireCopyable, versionOf, withStoppedBuilder } from "./stopBuilder";
import { meter, type Progress } from "./progress";
import { archiveScript, sizeIn } from "./scripts";
import type { ArchiveResult } from "./result";
import { receiveTar, withTarHelper } from "./tarStream";
import { openTarget } from "./target";
import { waitForCopy } from "./waitForCopy";

export interface ArchiveRequest {
    readonly node: string;
    readonly to: Location;
    /** The image of the helper. */
    readonly image: string;
    /** The longest wait for running builds, in seconds. Builds that still run then are aborted. */
    readonly drainTimeout: number;
}

export interface Reporting extends Waiting {
    readonly onProgress: (progress: Progress) => void;
}

/**
 * Writes the state of a node into an archive: waits for running builds, stops the builder during the copy, and starts
 * it again. If the copy fails, the builder is still started again, and the previous content of the target is kept.
 */
export async function writeArchive(
    engine: Engine,
    { node, to, image, drainTimeout }: ArchiveRequest,
    { report, onProgress, signal, warn }: Reporting,
): Promise<ArchiveResult> {
    requireZstd();
    const volume = volumeName(node);
    const { host } = engine.endpoint;
    const found = await inspectVolume(engine, volume);
    if (found === undefined) throw new Error(await whyNoVolume(node, volume, host));
    requireCopyable(found, host);
    const copying: Copying = { engine, volume, image, report, signal, warn };
    await ensureHelperImage(copying);
    await waitForCopy(copying); // it stops the builder
    const builder = await findBuilderOf(engine, volume);
    const target = await openTarget(to, copying);
    const stops = builder?.isRunning ? builder.container : undefined;
    const options = { script: archiveScript, ...(stops && { stops }) };
    const { Architecture: architecture = "" } = await traitsOf(engine);
    const version = versionOf(engine, builder, signal);
    if (stops) await version; // from the running builder; otherwise from a container, while the helper starts
    const work = withTarHelper(copying, "read", options, async ({ pipe, start }) => {
        try {
            const { result, stoppedFor } = await withStoppedBuilder(copying, builder, drainTimeout, async () => {
                report(`archiving ${volume}`);
                let total: number | undefined;
                const helper = await start((name) =>
                    startWithOutput(copying, name, (text) => (total ??= sizeIn(text))),
                );
                try {
                    const tar = withEnd(await receiveTar(copying, helper, pipe), helper);
                    const manifest: Manifest = {
                        format: 1,
                        buildkitVersion: await version,
                        volume,
                        node,
                        createdAt: new Date().toISOString(),
                        madeBy: ownVersion(),
                        architecture,
                    };
                    const known: { trailer?: Trailer } = {};
                    const counted = counting(
                        inBlocks(tar),
                        meter(() => total, onProgress),
                        known,
                    );
                    const size = await target.write(framed(counted, manifest, known));
                    const trailer = known.trailer as Trailer;
                    const location = await target.finish(manifest, trailer);
                    const { buildkitVersion, createdAt } = manifest;
                    return { location, ...trailer, size, buildkitVersion, createdAt };
                } finally {
                    await helper.stop();
                }
            });
            return { ...result, stoppedFor };
        } catch (error) {
            await target.discard();
            if (signal.aborted) throw error;
            throw new Error(`${formatLocation(to)} of ${volume} cannot be written: ${(error as Error).message}`, {
                cause: error,
            });
        }
    });
    try {
        return await work;
    } finally {
        await version; // it removes its container
    }
}

/** Throws at the end of a tar if the helper that wrote the tar failed. */
async function* withEnd(tar: AsyncIterable<Buffer>, helper: RunningHelper): AsyncGenerator<Buffer, void, undefined> {
    yield* tar;
    await helper.ended();
}

/** Passes a tar on and hashes it. Sets `known.trailer` after the last part. */
export async function* counting(
    tar: AsyncIterable<Buffer>,
    count: (bytes: number) => void,
    known: { trailer?: Trailer },
): AsyncGenerator<Buffer, void, undefined> {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const part of tar) {
        hash.update(part);
        bytes += part.length;
        count(part.length);
        yield part;
    }
    known.trailer = { sha256: hash.digest("hex"), bytes };
}

/**
 * How many bytes are hashed and compressed at once. Each block costs a turn of Node.js' event loop and of its thread
 * pool, so blocks are large.
 */
const blockLength = 1024 * 1024;

/** How many blocks may wait for the compressor, which runs in another thread, while further blocks are hashed. */
const blocksAhead = 3;

/**
 * Joins small parts into blocks. The blocks share memory: each is valid until {@link blocksAhead} further blocks and
 * the next block were requested.
 */
async function* inBlocks(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    const blocks = Array.from({ length: blocksAhead + 1 }, () => Buffer.allocUnsafeSlow(blockLength));
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

async function* framed(
    tar: AsyncIterable<Buffer>,
    manifest: Manifest,
    known: { trailer?: Trailer },
): AsyncGenerator<Buffer, void, undefined> {
    yield manifestFrame(manifest);
    const compressor = requireZstd().createZstdCompress({ chunkSize: blockLength });
    const compressed = compress(tar, compressor);
    compressed.catch(() => {}); // the error is thrown below
    yield* freed(compressor, blockLength);
    await compressed;
    yield trailerFrame(known.trailer as Trailer);
}

async function compress(tar: AsyncIterable<Buffer>, compressor: Transform): Promise<void> {
    try {
        await writeParts(tar, compressor, blocksAhead);
        compressor.end();
    } catch (error) {
        compressor.destroy(error as Error);
        throw error;
    }
}

/** Returns why a node has no volume: it does not exist, or its builder has a driver without volumes on an engine. */
async function whyNoVolume(node: string, volume: string, host: string): Promise<string> {
    for (const builder of await listRecords()) {
        const record = await readRecord(builder);
        const hasNode = record.is === "present" && record.nodeGroup.Nodes.some(({ Name: name }) => name === node);
        const other = hasNode ? otherDriverOf(record.nodeGroup) : undefined;
        if (other === undefined) continue;
        const failed = `the state of builder "${builder}" cannot be archived`;
        return whyOtherDriver(failed, other, "docker buildx build --cache-to, which every driver supports");
    }
    return `volume ${volume} not found on ${host}. List volumes with: docker volume ls`;
}
