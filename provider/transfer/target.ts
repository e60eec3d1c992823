import { open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { makeFolders } from "../fileAccess";
import { type Blob, openRepository } from "../registry/repository";
import type { Waiting } from "../waiting";
import type { Manifest, Trailer } from "./format";
import { emptyConfig, putStateImage } from "./stateImage";
import type { Location } from "./location";

/** A target that an archive is written to. The archive appears there complete or not at all. */
export interface Target {
    /**
     * Writes the archive, without publishing it.
     *
     * @param archive the parts of the archive. Each part is valid until the next part is requested.
     * @returns the length of the archive, in bytes.
     */
    write(archive: AsyncIterable<Buffer>): Promise<number>;
    /** Publishes the archive and returns its location. */
    finish(manifest: Manifest, trailer: Trailer): Promise<string>;
    /** Discards what was written. The previous content of the target stays. */
    discard(): Promise<void>;
}

export const openTarget = (to: Location, waiting: Waiting): Promise<Target> =>
    "archive" in to ? openFile(to.archive, waiting) : openImage(to.image, waiting);

async function openFile(path: string, { signal }: Waiting): Promise<Target> {
    const place = resolve(path);
    const partial = `${place}.partial`;
    await makeFolders(dirname(place), 0o777).catch((error: NodeJS.ErrnoException) => {
        const cause = error.code === "ENOTDIR" ? "a part of the path is a file" : error.message;
        throw new Error(`archive ${path} cannot be written: ${cause}. Choose another path for the archive.`);
    });
    const discard = () => rm(partial, { force: true });
    return {
        write: async (archive) => {
            await discard(); // the file that a killed program left
            const file = await open(partial, "wx", 0o600);
            try {
                let size = 0;
                for await (const part of archive) {
                    signal.throwIfAborted();
                    await file.writeFile(part); // appends at the current position
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

/**
 * Opens an image in a registry. The manifest is pushed last, and the image exists only from then on. The registry
 * itself removes blobs that have no manifest.
 */
async function openImage(name: string, waiting: Waiting): Promise<Target> {
    const repository = await openRepository(name, "pull,push", waiting);
    const config = await repository.upload(emptyConfig); // if it is refused, no builder was stopped yet
    let layer: Blob | undefined;
    return {
        write: async (archive) => {
            layer = await repository.uploadStream(archive);
            return layer.size;
        },
        finish: (manifest, trailer) => putStateImage(repository, config, layer as Blob, manifest, trailer),
        discard: async () => {},
    };
}
