/**
 * buildx's own records: which builders there are and where their nodes run.
 *
 * The formats are those of buildx's `store/store.go` and `store/nodegroup.go`. Writers hold buildx's lock, and each
 * file stands alone as well: it is written elsewhere in the store and renamed into its place, so that a reader never meets half of
 * one, and linked into it where it must not be there yet.
 */
import { randomBytes } from "node:crypto";
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { readCurrent, resetCurrent } from "./current";
import { withStoreLock } from "./lock";
import type { Platform } from "./platform";
import {
    makeFolder,
    place,
    readStored,
    RecordExistsError,
    removeFile,
    requireWritableStore,
    storeFolder,
    unreadable,
} from "./storeFiles";

export { RecordExistsError, storeFolder } from "./storeFiles";

/** A builder as buildx stores it: one JSON object in a file of its name. */
export interface NodeGroup {
    Name: string;
    Driver: string;
    Nodes: StoredNode[];
    Dynamic: boolean;
}

export interface StoredNode {
    Name: string;
    /** A docker context's name, or the engine's host URL. */
    Endpoint: string;
    /** Platforms that the node is preferred for. */
    Platforms: Platform[] | null;
    /** The driver's options as text, `env.KEY` for each variable. */
    DriverOpts: Record<string, string> | null;
    /** buildkitd's arguments. */
    Flags: string[] | null;
    /** Files below `/etc/buildkit`, base64 by path. */
    Files: Record<string, string> | null;
}

export type BuilderRecord =
    | { readonly is: "absent" }
    | {
          readonly is: "present";
          readonly nodeGroup: NodeGroup;
          /** This package wrote it, as it is: buildx and people who edit it write it without {@link ownEnd}. */
          readonly isOwn: boolean;
      }
    | { readonly is: "unreadable"; readonly why: string };

/** The driver whose builders this package makes. */
export const driver = "docker-container";

/**
 * How a record ends that this package wrote: with a line break, which JSON allows and buildx never writes. By it a
 * container that buildx booted from our record is told from a builder that someone created under the same name.
 */
const ownEnd = "\n";

/** The file with the record of a builder. */
export const recordPath = (name: string): string => join(storeFolder(), "instances", name);

/**
 * Reads the record of a builder. A broken one is told apart from a missing one, since it can still be removed.
 *
 * @throws {FileAccessError} if this user may not read it: what is there is not known then.
 */
export async function readRecord(name: string): Promise<BuilderRecord> {
    const text = await readStored(join("instances", name)).catch((error: unknown) => {
        if (((error as Error).cause as NodeJS.ErrnoException).code === "EISDIR") return "";
        throw error;
    });
    if (text === undefined) return { is: "absent" };
    try {
        const nodeGroup = JSON.parse(text) as NodeGroup;
        if (!Array.isArray(nodeGroup.Nodes)) throw new Error("it lists no nodes");
        return { is: "present", nodeGroup, isOwn: text.endsWith(ownEnd) };
    } catch (error) {
        return { is: "unreadable", why: `${recordPath(name)}: ${(error as Error).message}` };
    }
}

/** Whether two records say the same, in whatever order buildx wrote the keys. */
export function sameRecord(a: NodeGroup, b: NodeGroup): boolean {
    const sorted = (_: string, value: unknown) =>
        value !== null && typeof value === "object" && !Array.isArray(value)
            ? Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)))
            : value;
    return JSON.stringify(a, sorted) === JSON.stringify(b, sorted);
}

/**
 * Lists the names of all builders that have a record, readable or not.
 *
 * @throws {FileAccessError} if this user may not list them.
 */
export async function listRecords(): Promise<string[]> {
    const folder = join(storeFolder(), "instances");
    const entries = await readdir(folder).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return [];
        throw await unreadable(error, folder);
    });
    return entries.filter((name) => !name.startsWith("."));
}

/** When buildx last built with a builder, to the second, or else when its record was written. */
export async function readActivity(name: string): Promise<Date | undefined> {
    const text = await readStored(join("activity", name)).catch(() => undefined); // it is for show alone
    const time = new Date((text ?? "").trim());
    return Number.isNaN(time.getTime()) ? undefined : time;
}

/**
 * Writes a builder's record and, as buildx does, the time of it.
 *
 * @param options.exclusive refuse with {@link RecordExistsError} to replace a record that is there.
 * @param signal ends the wait for the store's lock.
 */
export async function writeRecord(
    nodeGroup: NodeGroup,
    options: { exclusive: boolean },
    signal?: AbortSignal,
): Promise<void> {
    await Promise.all(["instances", "defaults", "activity"].map((folder) => makeFolder(folder)));
    const write = async () => {
        await place(join("instances", nodeGroup.Name), `${JSON.stringify(nodeGroup)}${ownEnd}`, options.exclusive);
        await place(join("activity", nodeGroup.Name), `${new Date().toISOString().slice(0, 19)}Z`);
    };
    await withStoreLock(write, signal);
}

/**
 * Removes all that the store knows of a builder; where it was the current one, there is none afterwards.
 *
 * @param signal ends the wait for the store's lock.
 */
export async function removeRecord(name: string, signal?: AbortSignal): Promise<void> {
    if (await isKnown(name)) await withStoreLock(() => removeAllOf(name), signal);
}

/** Finds out, before anything else is removed, whether {@link removeRecord} can do its work. */
export async function requireRemovableRecord(name: string): Promise<void> {
    if (await isKnown(name)) await requireWritableStore();
}

const foldersOfBuilders = ["activity", "refs", "instances"];

/** Whether the store knows anything of a builder: one that does not need not be written. */
async function isKnown(name: string): Promise<boolean> {
    if ((await readCurrent()).Name === name) return true;
    const found = foldersOfBuilders.map((folder) =>
        access(join(storeFolder(), folder, name)).then(
            () => true,
            ({ code }: NodeJS.ErrnoException) => code !== "ENOENT", // or it cannot be known
        ),
    );
    return (await Promise.all(found)).includes(true);
}

async function removeAllOf(name: string): Promise<void> {
    await resetCurrent(name);
    const defaults = await readdir(join(storeFolder(), "defaults")).catch(() => []);
    for (const entry of defaults) {
        const path = join("defaults", entry);
        if ((await readStored(path).catch(() => undefined)) === name) await removeFile(path);
    }
    for (const folder of foldersOfBuilders) await removeFile(join(folder, name));
}

/**
 * The mark by which buildx tells this store from others (buildx: `util/confutil/config.go`,
 * `TryNodeIdentifier`), made where there is none yet.
 */
export async function storeIdentifier(): Promise<string> {
    const known = await knownStoreIdentifier();
    if (known !== "") return known;
    await makeFolder("");
    await place(".buildNodeID", randomBytes(8).toString("hex"), true).catch((error: unknown) => {
        if (!(error instanceof RecordExistsError)) throw error;
    });
    return await knownStoreIdentifier();
}

/** The same where there is one already; else empty. */
export const knownStoreIdentifier = async (): Promise<string> => (await readStored(".buildNodeID")) ?? "";
