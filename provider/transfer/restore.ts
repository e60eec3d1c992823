/** Restores a state into a volume, from an archive or from another volume on the same engine. */
import { pipeline } from "node:stream/promises";
import { removeContainer } from "../docker/engine/container";
import type { Engine } from "../docker/engine/engine";
import { inspectVolume } from "../docker/engine/volume";
import { writeParts } from "../streams";
import { requireZstd, type Trailer } from "./format";
import {
    type Copying,
    ensureHelperImage,
    createHelper,
    runHelper,
    startWithInput,
    startWithOutput,
} from "./helperContainer";
import { type Location, type RestoreSource, formatSource } from "./location";
import { findBuilderOf, requireCopyable, withStoppedBuilder } from "./stopBuilder";
import { meter } from "./progress";
import {
    copiedRecords,
    copyScript,
    excludedEntries,
    listScript,
    ownEntries,
    recordLength,
    restoreScript,
    sizeIn,
} from "./scripts";
import { compressedTar, openSource } from "./source";
import { sendTar, withTarHelper } from "./tarStream";
import { waitForCopy } from "./waitForCopy";
import { counting, type Reporting } from "./write";

export interface RestoreRequest {
    readonly from: RestoreSource;
    /** The image of the helper. */
    readonly image: string;
    /** The text that marks the volume after the restore is complete. */
    readonly mark: string;
    /** The longest wait for running builds on the source volume, in seconds. Builds that still run then are aborted. */
    readonly drainTimeout: number;
}

/** The content of a volume. */
export interface Content {
    /** The names at its root, without the entries that the copy itself creates. */
    readonly entries: readonly string[];
    /** The mark of the restore that produced the content, if a restore did. */
    readonly mark: string | undefined;
    /** Whether a restore was interrupted while it moved entries to the root. The entries then belong to it. */
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
    const [names = "", mark = ""] = (await runHelper(copying, listScript)).split("\n\n");
    const all = names.split("\n").filter((name) => name !== "");
    return {
        entries: all.filter((name) => !excludedEntries.includes(name)),
        mark: mark.trim() || undefined,
        isHalfMoved: all.includes(ownEntries.moving),
    };
}

/**
 * Restores a state into a volume, and replaces the content of the volume. The new content is unpacked into a separate
 * folder until it is complete and its checksum is verified. If the restore fails, is aborted or is killed before that,
 * the volume keeps its previous content.
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
        throw new Error(`${formatSource(from)} cannot be restored into ${where}: ${(error as Error).message}`, {
            cause: error,
        });
    }
}

/** How many parts of the tar may wait for the helper while further parts are decompressed and hashed. */
const partsAhead = 1;

async function unpack(
    copying: Copying,
    from: Location,
    mark: string,
    onProgress: Reporting["onProgress"],
): Promise<void> {
    const { report, signal } = copying;
    const zstd = requireZstd();
    const source = await openSource(from, copying);
    const { bytes, sha256 } = source.trailer;
    const options = { script: restoreScript(bytes, mark), hasInput: true };
    await withTarHelper(copying, "write", options, async ({ pipe, start }) => {
        report(`restoring ${formatSource(from)}`);
        const helper = await start((name) => startWithInput(copying, name));
        const { input, output } = await sendTar(copying, helper, pipe);
        const cut = () => [input, helper.input].forEach((each) => each.destroy());
        // Read its output during the whole transfer: if the disk is full, the helper ends early.
        const unpacked = errorOf(output);
        const exited = new Error("the helper container exited before it had read the whole archive");
        void unpacked.ended.then(() => input.destroy(exited));
        const known: { trailer?: Trailer } = {};
        const count = meter(() => bytes, onProgress);
        const decompressor = zstd.createZstdDecompress({ chunkSize: 1024 * 1024 });
        const archive = compressedTar(await source.read(signal), source.size);
        try {
            await pipeline(archive, decompressor, (tar: AsyncIterable<Buffer>) =>
                writeParts(counting(tar, count, known), input, partsAhead),
            );
            if (input !== helper.input) input.destroy(); // the end of the tar
        } catch (error) {
            cut();
            await unpacked.ended;
            if (!unpacked.isCut) throw error;
            await helper.ended(); // throws the reason
            throw error;
        }
        if (known.trailer?.sha256 !== sha256 || known.trailer.bytes !== bytes) {
            cut();
            throw new Error(
                `the archive is damaged: the SHA-256 checksum of its content is ${known.trailer?.sha256 ?? "not known"}, ` +
                    `but was ${sha256} when it was written. Use another copy of the archive`,
            );
        }
        helper.input.write("whole\n");
        report("moving the restored content into place");
        await unpacked.ended;
        await helper.ended();
    });
}

/** Reads the output of a helper until it ends. */
function errorOf(output: AsyncIterable<Buffer>) {
    const result = { isCut: false, ended: Promise.resolve() };
    result.ended = (async () => {
        for await (const part of output) void part;
        result.isCut = true;
    })().catch(() => {});
    return result;
}

async function copyVolume(
    copying: Copying,
    from: string,
    mark: string,
    drainTimeout: number,
    onProgress: Reporting["onProgress"],
): Promise<void> {
    const { engine, report } = copying;
    const { host } = engine.endpoint;
    const found = await inspectVolume(engine, from);
    if (found === undefined)
        throw new Error(`volume ${from} not found on ${host}. List volumes with: docker volume ls`);
    requireCopyable(found, host);
    await waitForCopy({ ...copying, volume: from }); // it stops the builder
    const builder = await findBuilderOf(engine, from);
    const stops = builder?.isRunning ? { stops: builder.container } : {};
    const name = await createHelper(copying, { script: copyScript(mark), from, ...stops });
    try {
        await withStoppedBuilder(copying, builder, drainTimeout, async () => {
            report(`copying ${from}`);
            let total: number | undefined;
            const count = meter(() => total, onProgress);
            let copied = 0;
            const helper = await startWithOutput(copying, name, (text) => {
                total ??= sizeIn(text);
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
