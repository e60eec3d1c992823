/**
 * Which builder buildx takes where none is named: the file `current` in its store, and a default for each endpoint
 * (buildx: `store/store.go`, `Current` and `SetCurrent`).
 */
import { createHash } from "node:crypto";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { withStoreLock } from "./lock";
import { makeFolder, place, readStored, removeFile, storeFolder } from "./storeFiles";

interface Current {
    /** The endpoint for which the choice holds. */
    Key: string;
    Name: string;
    /** It holds for every endpoint. */
    Global: boolean;
}

/**
 * How the store stands to a builder: buildx takes it where none is named (`current`), would take it if the docker CLI's
 * endpoint were the one that it was chosen for (`elsewhere`), or takes another one or none (`no`).
 */
export type Choice = "current" | "elsewhere" | "no";

/** The builder that `docker buildx use` chose, and for which endpoint; empty names where none was chosen. */
export async function readCurrent(): Promise<Current> {
    const none = { Key: "", Name: "", Global: false };
    try {
        return { ...none, ...(JSON.parse((await readStored("current")) ?? "{}") as Partial<Current>) };
    } catch {
        return none; // what cannot be read chooses none
    }
}

/**
 * Returns the name of the builder that buildx takes where none is named; empty for the engine's own.
 *
 * @param key the docker CLI's current endpoint, as `currentEndpoint` returns it.
 */
export async function currentBuilder(key: string): Promise<string> {
    const { Key: chosenFor, Name: name, Global: isGlobal } = await readCurrent();
    if (name !== "" && isGlobal && (await hasRecord(name))) return name;
    if (name !== "" && chosenFor === key) return name;
    return (await readStored(defaultOf(key)).catch(() => undefined)) ?? "";
}

/** Returns how the store stands to a builder. */
export async function choiceOf(name: string, key: string): Promise<Choice> {
    if ((await currentBuilder(key)) === name) return "current";
    return (await readCurrent()).Name === name ? "elsewhere" : "no";
}

/**
 * What `docker buildx use NAME` does.
 *
 * @param key the docker CLI's current endpoint, for which the choice holds.
 * @param signal ends the wait for the store's lock.
 */
export async function useBuilder(name: string, key: string, signal?: AbortSignal): Promise<void> {
    await makeFolder("");
    await withStoreLock(async () => {
        await place("current", JSON.stringify({ Key: key, Name: name, Global: false }));
        await removeFile(defaultOf(key));
    }, signal);
}

/** Takes back {@link useBuilder} where `name` is still the chosen one. */
export async function stopUsingBuilder(name: string, key: string, signal?: AbortSignal): Promise<void> {
    await withStoreLock(async () => {
        await resetCurrent(name);
        if ((await readStored(defaultOf(key)).catch(() => undefined)) === name) await removeFile(defaultOf(key));
    }, signal);
}

/** Chooses none where `name` is the chosen one; for who holds the lock already. */
export async function resetCurrent(name: string): Promise<void> {
    const { Key: key, Name: current } = await readCurrent();
    if (current === name) await place("current", JSON.stringify({ Key: key, Name: "", Global: false }));
}

/** The file that names the default of an endpoint, as `docker buildx use --default` makes it. */
const defaultOf = (key: string) => join("defaults", createHash("sha256").update(key).digest("hex").slice(0, 20));

const hasRecord = (name: string): Promise<boolean> =>
    access(join(storeFolder(), "instances", name)).then(
        () => true,
        () => false,
    );
