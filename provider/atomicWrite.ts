/** Atomic writes of files: no reader sees an incomplete file. */
import { randomBytes } from "node:crypto";
import { link, rename, rm, writeFile } from "node:fs/promises";

export interface AtomicWrite {
    /** Path of the temporary file, without the random end of its name. It must be on the file system of the target. */
    readonly temporary: string;
    readonly mode: number;
    /** Do not replace an existing file. @default false */
    readonly exclusive?: boolean;
    /** Changes the temporary file before it gets its path, for example its owner. */
    readonly prepare?: (temporary: string) => Promise<void>;
}

/**
 * Writes a temporary file and then moves it to its path. The temporary file is removed if this fails.
 *
 * @throws {NodeJS.ErrnoException} with the code `EEXIST` if `exclusive` is set and the file exists.
 */
export async function writeAtomically(
    path: string,
    content: string,
    { temporary, mode, exclusive = false, prepare }: AtomicWrite,
): Promise<void> {
    const temporaryPath = `${temporary}${randomBytes(6).toString("hex")}`;
    try {
        await writeFile(temporaryPath, content, { mode, flag: "wx" });
        await prepare?.(temporaryPath);
        if (exclusive) await link(temporaryPath, path);
        else await rename(temporaryPath, path);
    } finally {
        await rm(temporaryPath, { force: true }).catch(() => {});
    }
}
