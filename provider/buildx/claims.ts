/**
 * Automatic names that a creation has begun with and that no state is known to have yet. Where the creation was cut
 * off, the next one of the same resource takes the same name, and so finds what the first one left.
 *
 * One file a name, in a folder of the store that buildx does not look at; its content is the resource's URN.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { storeFolder } from "./store";

const folder = () => join(storeFolder(), "pulumi-buildx");

export async function claimName(name: string, urn: string): Promise<void> {
    await mkdir(folder(), { recursive: true, mode: 0o700 });
    await writeFile(join(folder(), name), urn, { mode: 0o600 });
}

/** The name that a creation of this resource began with, if it is not known to have ended. */
export async function claimedName(urn: string): Promise<string | undefined> {
    for (const name of await readdir(folder()).catch(() => [])) {
        if ((await readFile(join(folder(), name), "utf8").catch(() => "")) === urn) return name;
    }
    return undefined;
}

/** A state has the name, or the builder is gone. */
export async function releaseName(name: string): Promise<void> {
    await rm(join(folder(), name), { force: true });
}
