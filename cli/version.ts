import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Returns the version of this package. */
export async function version(): Promise<string> {
    const text = await readFile(join(__dirname, "../../package.json"), "utf8"); // seen from dist/cli
    return (JSON.parse(text) as { version: string }).version;
}
