/** Writes a state into an archive. */
import { createHash } from "node:crypto";
import type { Transform } from "node:stream";
import { otherDriverOf, whyOtherDriver } from "../buildx/otherDriver";
import { volumeName } from "../buildx/names";
import { listRecords, readRecord } from "../buildx/store";
import { removeContainer } from "../docker/engine/container";
import { type Engine, traitsOf } from "../docker/engine/engine";
import { freed, writeAll } from "../streams";
import { inspectVolume } from "../docker/engine/volume";
import type { Waiting } from "../waiting";
import { type Manifest, manifestFrame, ownVersion, requireZstd, type Trailer, trailerFrame } from "./format";
import { type Copying, ensureHelperImage, createHelper, runHelper, startWithOutput } from "./helperContainer";
import { type Location, formatLocation } from "./location";
import { findBuilderOf, requireCopyable, withStoppedBuilder } from "./stopBuilder";
import { meter, type Progress } from "./progress";
import { archiveScript, measureScript } from "./scripts";
import type { ArchiveResult } from "./result";
import { openTarget } from "./target";

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
    report(`measuring ${volume}`);
    const total = Number.parseInt(await runHelper(copying, measureScript), 10);
    const builder = await findBuilderOf(engine, volume, signal);
    const manifest: Manifest = {
        format: 1,
        buildkitVersion: builder?.version ?? "",
        volume,
        node,
        createdAt: new Date().toISOString(),
        madeBy: ownVersion(),
        architecture: (await traitsOf(engine)).Architecture ?? "",
    };
    const target = await openTarget(to, manifest, copying);
    const stops = builder?.isRunning ? builder.container : undefined;
    const name = await createHelper(copying, { script: archiveScript, ...(stops && { stops }) });
    try {
        const { result, stoppedFor } = await withStoppedBuilder(copying, builder, drainTimeout, async () => {
            report(`archiving ${volume}`);
            const helper = await startWithOutput(copying, name);
            const tar = (async function* () {
                yield* helper.output;
                await helper.ended();
            })();
            const known: { trailer?: Trailer } = {};
            const counted = counting(inBlocks(tar), meter(total, onProgress), known);
            try {
                const size = await target.write(framed(counted, manifest, known));
                const trailer = known.trailer as Trailer;
                return { location: await target.finish(trailer), ...trailer, size };
            } finally {
                await helper.stop();
            }
        });
        const { buildkitVersion, createdAt } = manifest;
        return { ...result, buildkitVersion, createdAt, stoppedFor };
    } catch (error) {
        await target.discard();
        if (signal.aborted) throw error;
        throw new Error(`${formatLocation(to)} of ${volume} cannot be written: ${(error as Error).message}`, {
            cause: error,
        });
    } finally {
        await removeContainer(engine, name);
    }
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

/**
 * Joins small parts into blocks. All blocks use the same memory, so each block must be processed before the next one is
 * requested.
 */
async function* inBlocks(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    const block = Buffer.allocUnsafe(blockLength);
    let filled = 0;
    for await (let part of parts) {
        while (part.length > 0) {
            const copied = part.copy(block, filled);
            filled += copied;
            part = part.subarray(copied);
            if (filled < block.length) continue;
            yield block;
            filled = 0;
        }
    }
    if (filled > 0) yield block.subarray(0, filled);
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
        await writeAll(tar, compressor);
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
