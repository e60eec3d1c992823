import { strict as assert } from "node:assert";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { preProcessFile } from "typescript";
import { checkout } from "../support/project";

const folder = join(checkout, "provider/buildkit");

/** The files of the checkout and the packages that a file imports, types included. */
async function importsOf(file: string): Promise<string[]> {
    const { importedFiles } = preProcessFile(await readFile(file, "utf8"));
    return importedFiles.map(({ fileName: name }) => {
        if (!name.startsWith(".")) return name;
        const path = resolve(dirname(file), name);
        return [`${path}.ts`, join(path, "index.ts")].find((each) => existsSync(each)) ?? path;
    });
}

/** For each file that one of `files` reaches by imports: the path of imports that leads there. */
async function reachedFrom(files: readonly string[]): Promise<Map<string, string[]>> {
    const reached = new Map(files.map((file) => [file, [file]]));
    for (const [file, way] of reached) {
        if (!file.startsWith(checkout)) continue;
        for (const imported of await importsOf(file)) {
            if (!reached.has(imported)) reached.set(imported, [...way, imported]);
        }
    }
    return reached;
}

describe("provider/buildkit", () => {
    it("queries BuildKit wherever it runs: it imports nothing of the Docker engine, directly or through others", async () => {
        const entries = await readdir(folder, { recursive: true });
        const files = entries.filter((name) => name.endsWith(".ts")).map((name) => join(folder, name));
        assert.ok(files.includes(join(folder, "buildctl.ts")));
        const reached = await reachedFrom(files);
        const ofDocker = [...reached]
            .filter(([file]) => /^provider\/docker\//.test(relative(checkout, file)) || file === "dockerode")
            .map(([, way]) =>
                way.map((file) => (file.startsWith(checkout) ? relative(checkout, file) : file)).join(" → "),
            );
        assert.deepEqual(ofDocker, []);
    });
});
