/** What there is on an engine and in folders, to be compared with what there is later. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { docker } from "../../tests/support/docker";

/** Of each kind, each thing by a text that no other of it has. */
export type Inventory = Readonly<Record<string, readonly string[]>>;

const lists = {
    "containers of the engine": ["ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Names}}"],
    "volumes of the engine": ["volume", "ls", "--quiet"],
    "images of the engine": ["image", "ls", "--all", "--no-trunc", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}"],
    "networks of the engine": ["network", "ls", "--no-trunc", "--format", "{{.ID}} {{.Name}}"],
};

/** All that the engine has, whoever made it: what is left behind may have no name of ours. */
export async function onEngine(): Promise<Inventory> {
    const kinds = Object.entries(lists).map(async ([kind, args]) => {
        const lines = (await docker(args)).split("\n").filter((line) => line !== "");
        return [kind, lines] as const;
    });
    return Object.fromEntries(await Promise.all(kinds));
}

/** Paths of the files in a folder and in those in it; none where there is no such folder. */
export async function filesIn(folder: string): Promise<string[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
}

/** What is there now and was not before. */
export const added = (before: readonly string[], now: readonly string[]): string[] =>
    now.filter((each) => !before.includes(each));
