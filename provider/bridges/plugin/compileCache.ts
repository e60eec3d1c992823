/** Keeps the compiled code of the plugin in its own folder, so that the next process starts and answers faster. */
import { enableCompileCache, flushCompileCache } from "node:module";
import { join } from "node:path";
import { compileCacheFolder } from "./compileCacheFolder";

// Node.js runs the code in this folder. Only the user who installed the plugin can write it, unlike the default folder,
// which is below the folder for temporary files. If it cannot be written, Node.js compiles all code in each process.
enableCompileCache(join(__dirname, "../../../..", compileCacheFolder));

/** Names of the verbs whose modules are saved. */
const saved = new Set<string>();

/**
 * Saves the code that the first request of a verb loaded, after the response. Pulumi kills the process, so that Node.js
 * does not save the code at its exit.
 */
export function saveCompiledCode(verb: string): void {
    if (saved.has(verb)) return;
    saved.add(verb);
    setImmediate(flushCompileCache);
}
