import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** This package's own. */
export async function version(): Promise<string> {
    const text = await readFile(join(__dirname, "../../package.json"), "utf8"); // from dist/cli
    return (JSON.parse(text) as { version: string }).version;
}
