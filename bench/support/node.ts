import { dirname, resolve } from "node:path";
import { must } from "../../tests/support/run";

const checkout = dirname(resolve(__dirname, ".."));

/** Runs a script in a separate Node.js process and returns the number that the script prints last. */
export async function runInNode(script: string): Promise<number> {
    // Options that a shell sets for other programs would load more modules with the script.
    const env = { NODE_OPTIONS: "", NODE_COMPILE_CACHE: undefined };
    const printed = await must("node", ["--expose-gc", "--eval", script], { cwd: checkout, env });
    return Number(printed.trim().split("\n").at(-1));
}

/** Returns a script that loads modules and prints the time that this took, in milliseconds. */
export const loadTimeScript = (modules: string[], after: string[] = []): string =>
    `${after.map(load).join("")}const start = performance.now();${modules.map(load).join("")}console.log(performance.now() - start);`;

/** Returns a script that loads modules and prints the resident memory of its process, in 10^6 bytes. */
export const loadMemoryScript = (modules: string[]): string =>
    `${modules.map(load).join("")}gc();console.log(process.memoryUsage.rss() / 1e6);`;

const load = (name: string) => `require(${JSON.stringify(name)});`;
