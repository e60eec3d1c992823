/**
 * Claims: automatic names that a creation started with and that are not yet known to be in Pulumi's state. If the
 * creation was interrupted, the next creation of the same resource uses the same name, and so finds what the first one
 * left behind.
 *
 * Each resource has one file, in a folder of the store that buildx ignores. The file is named after the digest of the
 * resource's URN with the dynamic provider, and contains the name.
 */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { dynamicUrn } from "../text/urn";
import { makeFolder, writeStored, readStored, removeFile, storeFolder } from "./storeFiles";

const folder = "pulumi-buildx";

const path = (urn: string) => join(folder, createHash("sha256").update(dynamicUrn(urn)).digest("hex"));

export async function reserveName(name: string, urn: string): Promise<void> {
    await makeFolder(folder);
    await writeStored(path(urn), name);
}

/** Returns the name that a creation of this resource started with, if the creation is not known to have finished. */
export async function reservedName(urn: string): Promise<string | undefined> {
    return (await readStored(path(urn))) || undefined; // empty if an older release was interrupted as it wrote it
}

/**
 * Releases a claim because Pulumi's state has the name, or because the builder is removed.
 *
 * @param urn the URN of the resource. If an alias has changed the URN since the creation, the claim of the former URN
 *   is released: no other resource has an automatic name.
 */
export async function releaseName(name: string, urn: string): Promise<void> {
    if ((await reservedName(urn)) === name) return removeFile(path(urn));
    const files = await readdir(join(storeFolder(), folder)).catch(() => []); // usually there is no claim
    for (const claim of files.map((file) => join(folder, file)))
        if ((await readStored(claim)) === name) await removeFile(claim);
}
