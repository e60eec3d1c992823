/** The plugin as users have it: the files that `pulumi-buildx plugin install` copies, not those of the checkout. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { nativeForThisMachine, writePlugin } from "../../cli/plugin/contents";
import { thisMachine } from "../../cli/plugin/install";
import { checkout } from "./project";

const folder = join(checkout, ".pulumi/test-plugin");

let main: Promise<string> | undefined;

/**
 * Returns the path of the installed plugin's main module, which the file `pulumi-resource-buildx` starts. The plugin is
 * installed once for each `npm run build`.
 */
export const installedPlugin = (): Promise<string> => (main ??= install());

async function install(): Promise<string> {
    const path = "dist/provider/bridges/plugin/main.js";
    const { mtimeMs } = await stat(join(checkout, path));
    const name = `built-${Math.trunc(mtimeMs)}`;
    const installed = join(folder, name);
    if (!existsSync(installed)) {
        await removeOlderThan(name);
        await mkdir(folder, { recursive: true });
        const written = await mkdtemp(join(folder, "incomplete-"));
        await writePlugin(written, thisMachine(), await nativeForThisMachine());
        await rename(written, installed).catch(async (error: NodeJS.ErrnoException) => {
            await rm(written, { recursive: true });
            if (!existsSync(installed)) throw error; // another process of the tests was faster
        });
    }
    return join(installed, path);
}

/** Removes the plugins of older builds. Another process of the tests may have written that of the current build. */
async function removeOlderThan(current: string): Promise<void> {
    const names = await readdir(folder).catch(() => []);
    const older = names.filter((name) => name.startsWith("built-") && name !== current);
    await Promise.all(older.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}
