/**
 * buildx's own records: which builders there are and where their nodes run.
 *
 * The formats are those of buildx's `store/store.go` and `store/nodegroup.go`. Writers hold buildx's lock, and each
 * file stands alone as well: it is written elsewhere in the store and renamed into its place, so that a reader never meets half of
 * one, and linked into it where it must not be there yet.
 */
import { createHash, randomBytes } from "node:crypto";
import { chown, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { join, relative } from "node:path";
import { withStoreLock } from "./lock";
import type { Platform } from "./platform";

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

/** The folder that holds the records of this user: `$BUILDX_CONFIG`, else `buildx` beside docker's config. */
export function storeFolder(env: NodeJS.ProcessEnv = process.env): string {
    return env.BUILDX_CONFIG || join(env.DOCKER_CONFIG || join(homedir(), ".docker"), "buildx");
}

/** The file with the record of a builder. */
export const recordPath = (name: string): string => join(storeFolder(), "instances", name);

/** The record of a builder. A broken one is told apart from a missing one, since it can still be removed. */
export async function readRecord(name: string): Promise<BuilderRecord> {
    let text: string;
    try {
        text = await readFile(recordPath(name), "utf8");
    } catch (error) {
        return isMissing(error) ? { is: "absent" } : { is: "unreadable", why: String(error) };
    }
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

/** Names of all builders that have a record, readable or not. */
export async function listRecords(): Promise<string[]> {
    const entries = await readdir(join(storeFolder(), "instances")).catch(() => []);
    return entries.filter((name) => !name.startsWith("."));
}

/** When buildx last built with a builder, to the second, or else when its record was written. */
export async function readActivity(name: string): Promise<Date | undefined> {
    const text = await readFile(join(storeFolder(), "activity", name), "utf8").catch(() => "");
    const time = new Date(text.trim());
    return Number.isNaN(time.getTime()) ? undefined : time;
}

/** Thrown where a record was to be made new and is there already. */
export class RecordExistsError extends Error {}

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
    await withStoreLock(storeFolder(), write, signal);
}

/**
 * Removes all that the store knows of a builder; where it was the current one, there is none afterwards.
 *
 * @param signal ends the wait for the store's lock.
 */
export async function removeRecord(name: string, signal?: AbortSignal): Promise<void> {
    await withStoreLock(storeFolder(), () => removeAllOf(name), signal);
}

async function removeAllOf(name: string): Promise<void> {
    const { Key: key, Name: current } = await readCurrent();
    if (current === name) await place("current", JSON.stringify({ Key: key, Name: "", Global: false }));
    const defaults = join(storeFolder(), "defaults");
    for (const entry of await readdir(defaults).catch(() => [])) {
        const builder = await readFile(join(defaults, entry), "utf8").catch(() => "");
        if (builder === name) await rm(join(defaults, entry), { force: true });
    }
    for (const folder of ["activity", "refs", "instances"]) {
        await rm(join(storeFolder(), folder, name), { recursive: true, force: true });
    }
}

interface Current {
    Key: string;
    Name: string;
    Global: boolean;
}

/** The builder that `docker buildx use` chose, and for which endpoint; empty names where none was chosen. */
export async function readCurrent(): Promise<Current> {
    const none = { Key: "", Name: "", Global: false };
    try {
        const text = await readFile(join(storeFolder(), "current"), "utf8");
        return { ...none, ...(JSON.parse(text) as Partial<Current>) };
    } catch {
        return none; // what cannot be read chooses none
    }
}

/**
 * What `docker buildx use NAME` does.
 *
 * @param key the docker CLI's current endpoint, for which the choice holds.
 * @param signal ends the wait for the store's lock.
 */
export async function useBuilder(name: string, key: string, signal?: AbortSignal): Promise<void> {
    await makeFolder("");
    const choose = async () => {
        await place("current", JSON.stringify({ Key: key, Name: name, Global: false }));
        const hash = createHash("sha256").update(key).digest("hex").slice(0, 20);
        await rm(join(storeFolder(), "defaults", hash), { force: true });
    };
    await withStoreLock(storeFolder(), choose, signal);
}

/**
 * Takes back {@link useBuilder} where `name` is still the chosen one.
 *
 * @param signal ends the wait for the store's lock.
 */
export async function stopUsingBuilder(name: string, signal?: AbortSignal): Promise<void> {
    const choose = async () => {
        const { Key: key, Name: current } = await readCurrent();
        if (current === name) await place("current", JSON.stringify({ Key: key, Name: "", Global: false }));
    };
    await withStoreLock(storeFolder(), choose, signal);
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
export const knownStoreIdentifier = (): Promise<string> =>
    readFile(join(storeFolder(), ".buildNodeID"), "utf8").catch(ifMissing(""));

/** Puts a whole file, readable for its owner alone, into its place in the store. */
async function place(path: string, content: string, exclusive = false): Promise<void> {
    const target = join(storeFolder(), path);
    // Not beside the target: buildx takes every file among the records for one.
    const beside = join(storeFolder(), `.tmp-${randomBytes(6).toString("hex")}`);
    try {
        await writeFile(beside, content, { mode: 0o600, flag: "wx" });
        await giveToSudoUser(beside);
        if (exclusive) await link(beside, target);
        else await rename(beside, target);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new RecordExistsError(`${target} exists already`);
        throw error;
    } finally {
        await rm(beside, { force: true });
    }
}

async function makeFolder(folder: string): Promise<void> {
    const made = await mkdir(join(storeFolder(), folder), { recursive: true, mode: 0o700 });
    if (made !== undefined) await giveToSudoUser(join(storeFolder(), folder));
}

/**
 * Under `sudo` with the user's own home the store stays that user's (buildx: `util/confutil/config_unix.go`).
 */
async function giveToSudoUser(path: string): Promise<void> {
    const { SUDO_COMMAND: command, SUDO_UID: uid, SUDO_GID: gid } = process.env;
    if (command === undefined || !uid || !gid || userInfo().homedir === homedir()) return;
    const owner = await stat(homedir()).catch(() => undefined);
    const inHome = !relative(homedir(), storeFolder()).startsWith("..");
    if (owner?.uid === Number(uid) && inHome) await chown(path, Number(uid), Number(gid));
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === "ENOENT";

/** For `.catch`: what stands for a file that is not there; every other failure goes on. */
function ifMissing<T>(instead: T): (error: unknown) => T {
    return (error) => {
        if (isMissing(error)) return instead;
        throw error;
    };
}
