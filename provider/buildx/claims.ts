/**
 * Automatic names that a creation has begun with and that no state is known to have yet. Where the creation was cut
 * off, the next one of the same resource takes the same name, and so finds what the first one left.
 *
 * One file a resource, in a folder of the store that buildx does not look at: called by the digest of the resource's URN,
 * with the name in it.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { makeFolder, place, readStored, removeFile } from "./storeFiles";

const folder = "pulumi-buildx";

const path = (urn: string) => join(folder, createHash("sha256").update(urn).digest("hex"));

export async function claimName(name: string, urn: string): Promise<void> {
    await makeFolder(folder);
    await place(path(urn), name);
}

/** The name that a creation of this resource began with, if it is not known to have ended. */
export async function claimedName(urn: string): Promise<string | undefined> {
    return (await readStored(path(urn))) || undefined; // empty where an older release was cut off as it wrote it
}

/**
 * A state has the name, or the builder is gone.
 *
 * @param urn of the resource when it was made.
 */
export async function releaseName(name: string, urn: string): Promise<void> {
    if ((await claimedName(urn)) === name) await removeFile(path(urn));
}
