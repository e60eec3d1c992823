/**
 * The builder that buildx uses if no builder is named: the file `current` in its store, and a default for each endpoint
 * (buildx: `store/store.go`, `Current` and `SetCurrent`).
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { withStoreLock } from "./lock";
import { makeFolder, writeStored, readStored, removeFile, storeFolder } from "./storeFiles";

interface Current {
    /** The endpoint for which the builder was chosen. */
    Key: string;
    Name: string;
    /** Whether the builder was chosen for all endpoints. */
    Global: boolean;
}

/**
 * Selection of a builder in the store. `current`: buildx uses the builder if no builder is named. `elsewhere`: buildx
 * would use it if the docker CLI's endpoint were the endpoint that the builder was chosen for. `no`: buildx uses
 * another builder or none.
 */
export type Choice = "current" | "elsewhere" | "no";

/** Returns the builder that `docker buildx use` chose, and its endpoint. Both are empty if no builder was chosen. */
export async function readCurrent(): Promise<Current> {
    const none = { Key: "", Name: "", Global: false };
    try {
        return { ...none, ...(JSON.parse((await readStored("current")) ?? "{}") as Partial<Current>) };
    } catch {
        return none; // an unreadable file selects no builder
    }
}

/**
 * Returns the name of the builder that buildx uses if no builder is named; empty for the engine's own builder.
 *
 * @param key the docker CLI's current endpoint, as `currentEndpoint` returns it.
 */
export async function currentBuilder(key: string): Promise<string> {
    const { Key: chosenFor, Name: name, Global: isGlobal } = await readCurrent();
    if (name !== "" && isGlobal && hasRecord(name)) return name;
    if (name !== "" && chosenFor === key) return name;
    return (await readStored(defaultOf(key)).catch(() => undefined)) ?? "";
}

/** Returns the selection of a builder in the store. */
export async function choiceOf(name: string, key: string): Promise<Choice> {
    if ((await currentBuilder(key)) === name) return "current";
    return (await readCurrent()).Name === name ? "elsewhere" : "no";
}

/**
 * Selects a builder, as `docker buildx use NAME` does.
 *
 * @param key the docker CLI's current endpoint, for which the builder is chosen.
 * @param signal ends the wait for the store's lock.
 */
export async function useBuilder(name: string, key: string, signal?: AbortSignal): Promise<void> {
    await makeFolder("");
    await withStoreLock(async () => {
        await writeStored("current", JSON.stringify({ Key: key, Name: name, Global: false }));
        await removeFile(defaultOf(key));
    }, signal);
}

/** Reverts {@link useBuilder} if `name` is still the chosen builder. */
export async function stopUsingBuilder(name: string, key: string, signal?: AbortSignal): Promise<void> {
    await withStoreLock(async () => {
        await resetCurrent(name);
        if ((await readStored(defaultOf(key)).catch(() => undefined)) === name) await removeFile(defaultOf(key));
    }, signal);
}

/** Clears the current builder if it is `name`. The caller must hold the store's lock. */
export async function resetCurrent(name: string): Promise<void> {
    const { Key: key, Name: current } = await readCurrent();
    if (current === name) await writeStored("current", JSON.stringify({ Key: key, Name: "", Global: false }));
}

/** Returns the file with the default builder of an endpoint, as `docker buildx use --default` creates it. */
const defaultOf = (key: string) => join("defaults", createHash("sha256").update(key).digest("hex").slice(0, 20));

const hasRecord = (name: string): boolean => existsSync(join(storeFolder(), "instances", name));
