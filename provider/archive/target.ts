import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type Blob, openRepository } from "../docker/registry";
import type { Waiting } from "../waiting";
import type { Manifest, Trailer } from "./format";
import { emptyConfig, putStateImage } from "./image";
import type { Location } from "./location";

/** Where an archive is written to, in such a way that it is there whole or not at all. */
export interface Target {
    /**
     * @param archive each part is there until the next is asked for.
     * @returns how long it is.
     */
    write(archive: AsyncIterable<Buffer>): Promise<number>;
    /** Puts it in its place, and tells where that is. */
    finish(trailer: Trailer): Promise<string>;
    /** Lets go of what was written; what was there before stays. */
    discard(): Promise<void>;
}

export const openTarget = (to: Location, manifest: Manifest, waiting: Waiting): Promise<Target> =>
    "archive" in to ? openFile(to.archive, waiting) : openImage(to.image, manifest, waiting);

async function openFile(path: string, { signal }: Waiting): Promise<Target> {
    const place = resolve(path);
    const partial = `${place}.partial`;
    await mkdir(dirname(place), { recursive: true });
    const discard = () => rm(partial, { force: true });
    return {
        write: async (archive) => {
            await discard(); // of a program that was killed
            const file = await open(partial, "wx", 0o600);
            try {
                let size = 0;
                for await (const part of archive) {
                    signal.throwIfAborted();
                    await file.writeFile(part); // each goes on where the last one ended
                    size += part.length;
                }
                await file.sync();
                return size;
            } finally {
                await file.close();
            }
        },
        finish: async () => {
            await rename(partial, place);
            return path;
        },
        discard,
    };
}

/** A registry shows an image once it has its manifest, which comes last; it clears blobs without one by itself. */
async function openImage(name: string, manifest: Manifest, waiting: Waiting): Promise<Target> {
    const repository = await openRepository(name, "pull,push", waiting);
    const config = await repository.upload(emptyConfig); // so that a refusal is known before any builder is stopped
    let layer: Blob | undefined;
    return {
        write: async (archive) => {
            layer = await repository.uploadStream(archive);
            return layer.size;
        },
        finish: (trailer) => putStateImage(repository, config, layer as Blob, manifest, trailer),
        discard: async () => {},
    };
}
