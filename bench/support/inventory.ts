/** Lists what exists on an engine and in folders, so that it can be compared with a later list. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { docker } from "../../tests/support/docker";

/** The objects of each kind. Each object has a text that no other object of its kind has. */
export type Inventory = Readonly<Record<string, readonly string[]>>;

const lists = {
    "containers of the engine": ["ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Names}}"],
    "volumes of the engine": ["volume", "ls", "--quiet"],
    "images of the engine": ["image", "ls", "--all", "--no-trunc", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}"],
    "networks of the engine": ["network", "ls", "--no-trunc", "--format", "{{.ID}} {{.Name}}"],
};

/** Lists everything on the engine, including unmanaged objects, because a leftover may have no name of this package. */
export async function listEngineObjects(): Promise<Inventory> {
    const kinds = Object.entries(lists).map(async ([kind, args]) => {
        const lines = (await docker(args)).split("\n").filter((line) => line !== "");
        return [kind, lines] as const;
    });
    return Object.fromEntries(await Promise.all(kinds));
}

/** Returns the paths of all files in a folder and its subfolders; an empty list if the folder does not exist. */
export async function listFiles(folder: string): Promise<string[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
}

/** Returns what exists now and did not exist before. */
export const added = (before: readonly string[], now: readonly string[]): string[] =>
    now.filter((each) => !before.includes(each));
