/** Creates a state that is large enough to be worth an archive, with a real build. */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { containerOf, volumeOf } from "../../tests/support/state";
import { must } from "../../tests/support/run";
import type { Bench } from "./bench";
import { buildx, createBuilder } from "./builders";

/**
 * The size of the context. buildkitd keeps both the context and a layer with the same files, so the state holds each
 * byte twice.
 */
const contextBytes = 500_000_000;
const folders = 10;
const filesInFolder = 100;
const fileLength = contextBytes / folders / filesInFolder;

/** A stopped builder with a state of 10^9 bytes in about 2000 files, half of them random bytes and half text. */
export interface LargeState {
    readonly builderName: string;
    readonly volume: string;
}

export async function createLargeState(bench: Bench): Promise<LargeState> {
    const folder = join(bench.folder, "large-context");
    await mkdir(folder);
    try {
        await writeContext(folder);
        const { id: builderName } = await createBuilder(bench.name());
        await buildx("build", "--builder", builderName, "--progress", "plain", "--output", "type=cacheonly", folder);
        await must("docker", ["stop", containerOf(builderName)]);
        return { builderName, volume: volumeOf(builderName) };
    } finally {
        await rm(folder, { recursive: true });
    }
}

/** Writes a context with one layer for each folder of files. Every second file is text. */
async function writeContext(folder: string): Promise<void> {
    const names = Array.from({ length: folders }, (_, index) => `part-${index}`);
    const text = await programText();
    for (const [index, name] of names.entries()) {
        await mkdir(join(folder, name));
        for (let file = 0; file < filesInFolder; file++) {
            const start = ((index * filesInFolder + file) * fileLength) % (text.length - fileLength);
            const content = file % 2 === 0 ? randomBytes(fileLength) : text.subarray(start, start + fileLength);
            await writeFile(join(folder, name, `file-${file}`), content);
        }
    }
    const copies = names.map((name) => `COPY ${name} /${name}`);
    await writeFile(join(folder, "Dockerfile"), ["FROM scratch", ...copies].join("\n"));
}

/** Returns real text, which zstd compresses to a fifth. Its repetitions are further apart than zstd's window. */
const programText = (): Promise<Buffer> => readFile(require.resolve("typescript"));
