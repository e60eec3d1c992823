import { dirname, resolve } from "node:path";
import { must } from "../../tests/support/run";

const checkout = dirname(resolve(__dirname, ".."));

/** Runs a script in a Node.js of its own, and gives the number that it prints last. */
export async function inNode(script: string): Promise<number> {
    // What a shell may have set for other programs would be loaded with the script.
    const env = { NODE_OPTIONS: "", NODE_COMPILE_CACHE: undefined };
    const printed = await must("node", ["--expose-gc", "--eval", script], { cwd: checkout, env });
    return Number(printed.trim().split("\n").at(-1));
}

/** A script that loads modules and prints the milliseconds that it took. */
export const timeOf = (modules: string[], after: string[] = []): string =>
    `${after.map(load).join("")}const start = performance.now();${modules.map(load).join("")}console.log(performance.now() - start);`;

/** A script that loads modules and prints the 10^6 bytes of memory that its process then has. */
export const memoryOf = (modules: string[]): string =>
    `${modules.map(load).join("")}gc();console.log(process.memoryUsage.rss() / 1e6);`;

const load = (name: string) => `require(${JSON.stringify(name)});`;
