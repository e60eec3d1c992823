/**
 * buildx's records: the builders and the places where their nodes run.
 *
 * The formats are defined by buildx's `store/store.go` and `store/nodegroup.go`. Writers hold buildx's lock. In
 * addition, each write is atomic: a file is written elsewhere in the store and then renamed to its path, so that a
 * reader never reads an incomplete file. If the file must not exist yet, it is linked instead of renamed.
 */
import { randomBytes } from "node:crypto";
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { readCurrent, resetCurrent } from "./current";
import { withStoreLock } from "./lock";
import type { Platform } from "../text/platform";
import {
    makeFolder,
    writeStored,
    readStored,
    RecordExistsError,
    removeFile,
    requireWritableStore,
    storeFolder,
    unreadable,
} from "./storeFiles";

export { RecordExistsError, storeFolder } from "./storeFiles";

/** A builder as buildx stores it: one JSON object in a file with the builder's name. */
export interface NodeGroup {
    Name: string;
    Driver: string;
    Nodes: StoredNode[];
    Dynamic: boolean;
}

export interface StoredNode {
    Name: string;
    /** Name of a docker context, or host URL of the engine. */
    Endpoint: string;
    /** Platforms for which buildx prefers the node. */
    Platforms: Platform[] | null;
    /** Options of the driver as text, with a key `env.KEY` for each environment variable. */
    DriverOpts: Record<string, string> | null;
    /** Arguments of buildkitd. */
    Flags: string[] | null;
    /** Files below `/etc/buildkit`: content in base64, by path. */
    Files: Record<string, string> | null;
}

export type BuilderRecord =
    | { readonly is: "absent" }
    | {
          readonly is: "present";
          readonly nodeGroup: NodeGroup;
          /**
           * Whether this package wrote the record and it is unchanged. buildx and users do not write {@link ownEnd}.
           */
          readonly isOwn: boolean;
      }
    | { readonly is: "unreadable"; readonly why: string };

/** The driver of the builders that this package creates. */
export const driver = "docker-container";

/**
 * The end of a record that this package wrote: a line break, which JSON allows and buildx never writes. It
 * distinguishes a container that buildx booted from this package's record from an unmanaged builder with the same name.
 */
const ownEnd = "\n";

/** Returns the path of a builder's record. */
export const recordPath = (name: string): string => join(storeFolder(), "instances", name);

/**
 * Reads the record of a builder. An unreadable record is distinguished from a missing record, because it can still be
 * removed.
 *
 * @throws {FileAccessError} if this user may not read the record. Its content is then unknown.
 */
export async function readRecord(name: string): Promise<BuilderRecord> {
    const text = await readStored(join("instances", name)).catch((error: unknown) => {
        if (((error as Error).cause as NodeJS.ErrnoException).code === "EISDIR") return "";
        throw error;
    });
    if (text === undefined) return { is: "absent" };
    try {
        const nodeGroup = JSON.parse(text) as NodeGroup;
        if (!Array.isArray(nodeGroup.Nodes)) throw new Error("it has no list of nodes");
        return { is: "present", nodeGroup, isOwn: text.endsWith(ownEnd) };
    } catch (error) {
        return { is: "unreadable", why: `${recordPath(name)}: ${(error as Error).message}` };
    }
}

/** Whether two records are equal. The order in which buildx wrote the keys does not matter. */
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
 * @throws {FileAccessError} if this user may not list the records.
 */
export async function listRecords(): Promise<string[]> {
    const folder = join(storeFolder(), "instances");
    const entries = await readdir(folder).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return [];
        throw await unreadable(error, folder);
    });
    return entries.filter((name) => !name.startsWith("."));
}

/** Returns when buildx last built with a builder, to the second, or else when the builder's record was written. */
export async function readActivity(name: string): Promise<Date | undefined> {
    const text = await readStored(join("activity", name)).catch(() => undefined); // it is only for display
    const time = new Date((text ?? "").trim());
    return Number.isNaN(time.getTime()) ? undefined : time;
}

/**
 * Writes a builder's record and, like buildx, the time of the write.
 *
 * @param options.exclusive do not replace an existing record.
 * @param signal ends the wait for the store's lock.
 * @throws {RecordExistsError} if `exclusive` is set and the record exists.
 */
export async function writeRecord(
    nodeGroup: NodeGroup,
    options: { exclusive: boolean },
    signal?: AbortSignal,
): Promise<void> {
    await Promise.all(["instances", "defaults", "activity"].map((folder) => makeFolder(folder)));
    const write = async () => {
        await writeStored(
            join("instances", nodeGroup.Name),
            `${JSON.stringify(nodeGroup)}${ownEnd}`,
            options.exclusive,
        );
        await writeStored(join("activity", nodeGroup.Name), `${new Date().toISOString().slice(0, 19)}Z`);
    };
    await withStoreLock(write, signal);
}

/**
 * Removes all data of a builder from the store. If it was the current builder, no builder is current afterwards.
 *
 * @param signal ends the wait for the store's lock.
 */
export async function removeRecord(name: string, signal?: AbortSignal): Promise<void> {
    if (await isKnown(name)) await withStoreLock(() => removeAllOf(name), signal);
}

/**
 * Checks whether {@link removeRecord} can remove a record. Call it before anything else is removed.
 *
 * @throws {FileAccessError} if the store cannot be written.
 */
export async function requireRemovableRecord(name: string): Promise<void> {
    if (await isKnown(name)) await requireWritableStore();
}

const foldersOfBuilders = ["activity", "refs", "instances"];

/** Whether the store has data of a builder. If it has none, the store does not have to be written. */
async function isKnown(name: string): Promise<boolean> {
    if ((await readCurrent()).Name === name) return true;
    const found = foldersOfBuilders.map((folder) =>
        access(join(storeFolder(), folder, name)).then(
            () => true,
            ({ code }: NodeJS.ErrnoException) => code !== "ENOENT", // after any other error, the store may have data
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
 * Returns the identifier by which buildx distinguishes this store from other stores (buildx: `util/confutil/config.go`,
 * `TryNodeIdentifier`). Creates the identifier if it does not exist yet.
 */
export async function storeIdentifier(): Promise<string> {
    const known = await knownStoreIdentifier();
    if (known !== "") return known;
    await makeFolder("");
    await writeStored(".buildNodeID", randomBytes(8).toString("hex"), true).catch((error: unknown) => {
        if (!(error instanceof RecordExistsError)) throw error;
    });
    return await knownStoreIdentifier();
}

/** Returns the identifier of this store; empty if it does not exist yet. */
export const knownStoreIdentifier = async (): Promise<string> => (await readStored(".buildNodeID")) ?? "";
