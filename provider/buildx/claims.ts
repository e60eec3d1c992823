/**
 * Automatic names that a creation has begun with and that no state is known to have yet. Where the creation was cut
 * off, the next one of the same resource takes the same name, and so finds what the first one left.
 *
 * One file a resource, in a folder of the store that buildx does not look at: called by the digest of the resource's URN,
 * with the name in it.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { storeFolder } from "./store";

const folder = () => join(storeFolder(), "pulumi-buildx");

const path = (urn: string) => join(folder(), createHash("sha256").update(urn).digest("hex"));

export async function claimName(name: string, urn: string): Promise<void> {
    await mkdir(folder(), { recursive: true, mode: 0o700 });
    await writeFile(path(urn), name, { mode: 0o600 });
}

/** The name that a creation of this resource began with, if it is not known to have ended. */
export async function claimedName(urn: string): Promise<string | undefined> {
    const name = await readFile(path(urn), "utf8").catch(() => "");
    return name || undefined; // empty where the writing was cut off
}

/**
 * A state has the name, or the builder is gone.
 *
 * @param urn of the resource when it was made.
 */
export async function releaseName(name: string, urn: string): Promise<void> {
    if ((await claimedName(urn)) === name) await rm(path(urn), { force: true });
}
