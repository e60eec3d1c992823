/** Which part of the package imports which. */
import { strict as assert } from "node:assert";
import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import ts from "typescript";
import { checkout } from "../support/project";

interface Imports {
    /** All modules that a file names, for types too; files of the checkout by their path in it. */
    readonly all: readonly string[];
    /** The modules that are loaded when the file runs. */
    readonly loaded: readonly string[];
}

/** The imports of each file of `provider/`, by the file's path without its ending. */
async function readImports(): Promise<ReadonlyMap<string, Imports>> {
    const paths = await readdir(join(checkout, "provider"), { recursive: true });
    const files = paths.filter((path) => path.endsWith(".ts")).map((path) => posix.join("provider", path));
    const entries = files.map(async (file): Promise<[string, Imports]> => {
        const text = await readFile(join(checkout, file), "utf8");
        const compiled = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.CommonJS } });
        const from = (source: string, isJavaScript: boolean) =>
            ts.preProcessFile(source, true, isJavaScript).importedFiles.map(({ fileName: name }) => {
                if (!name.startsWith(".")) return name;
                const path = posix.join(posix.dirname(file), name);
                return files.includes(`${path}/index.ts`) ? `${path}/index` : path;
            });
        return [file.replace(/\.ts$/, ""), { all: from(text, false), loaded: from(compiled.outputText, true) }];
    });
    return new Map(await Promise.all(entries));
}

/** The contract between the bridges and the resources. */
const contract = "provider/bridges/lifecycle";

/**
 * The tiers of `provider/`, from top to bottom. A file imports files of its own tier and of lower tiers. Within a tier,
 * a part imports itself and the parts that are listed after it in the tier.
 */
const tiers: readonly (readonly string[])[] = [
    // how Pulumi calls the resources
    ["bridges/dynamic", "bridges"],
    // the resources
    [
        "resources/getBuilder",
        "resources/findBuilder",
        "resources/archive",
        "resources/docker-container",
        "resources/kubernetes",
        "resources/prune",
        "resources/qemu",
        "resources/remote",
        "resources/state",
        "resources/builder",
        "resources/*",
        "program",
        "args",
    ],
    // the outside world
    [
        "transfer",
        "docker/buildkitd",
        "docker/engine",
        "cluster",
        "buildkit",
        "buildx",
        "registry",
        "docker/endpoint",
        "ssh",
    ],
    // what all use
    ["*", "text"],
];

const parts = tiers.flat();

/** The part of a file. Files directly in `provider/` are the part `*`, files directly in `resources/` are `resources/*`. */
function partOf(file: string): string {
    const folder = posix.dirname(file).replace(/^provider\/?/, "");
    const own = posix.join(folder, posix.basename(file));
    const part = parts.find((each) => own === each || folder === each || folder.startsWith(`${each}/`));
    return part ?? (folder === "" ? "*" : `${folder}/*`);
}

/** The two resources that other resources import: what every builder has, and a state as an argument. */
const shared = ["resources/builder", "resources/state/resource"];

describe("the package's structure", () => {
    let imports: ReadonlyMap<string, Imports>;

    before(async () => {
        imports = await readImports();
    });

    it("consists of three tiers above what all use, and no part imports a part above it", () => {
        const unplaced = [...imports.keys()].filter((file) => !parts.includes(partOf(file)));
        assert.deepEqual(unplaced, []);
        const wrong = importsOf((file, other) => parts.indexOf(partOf(file)) > parts.indexOf(partOf(other)));
        // The contract is the only part of the bridges that a resource knows.
        assert.deepEqual(
            wrong.filter((each) => !each.endsWith(` imports ${contract}`)),
            [],
        );
    });

    it("lets the resources know nothing of a bridge but the contract", () => {
        assert.deepEqual(
            importsOf(
                (file, other) => !file.startsWith("provider/bridges/") && /^provider\/bridges\//.test(other),
            ).filter((each) => !each.endsWith(` imports ${contract}`)),
            [],
        );
    });

    it("lets a resource import no other resource but what every builder has, and a state as an argument", () => {
        const isOther = (file: string, other: string) =>
            partOf(file) !== partOf(other) &&
            [file, other].every((each) => /^provider\/resources\/[\w-]+\//.test(each)) &&
            !shared.some((each) => other.startsWith(`provider/${each}`));
        assert.deepEqual(importsOf(isOther), []);
    });

    it("has no file of more than 250 lines", async () => {
        const long = await Promise.all(
            [...imports.keys()].map(async (file) => {
                const text = await readFile(join(checkout, `${file}.ts`), "utf8");
                const lines = text.split("\n").length - 1;
                return lines > 250 ? [`${file}: ${lines}`] : [];
            }),
        );
        assert.deepEqual(long.flat(), []);
    });

    /** The imports within `provider/` that a rule forbids. */
    function importsOf(isWrong: (file: string, other: string) => boolean): string[] {
        return [...imports].flatMap(([file, { all }]) =>
            all
                .filter((other) => imports.has(other) && isWrong(file, other))
                .map((other) => `${file} imports ${other}`),
        );
    }

    it("lets the contract import types alone", () => {
        assert.deepEqual(imports.get(contract)?.loaded, []);
    });

    it("loads nothing of Pulumi with a lifecycle", () => {
        const lifecycles = [...imports.keys()].filter((file) => file.endsWith("/lifecycle") && file !== contract);
        assert.ok(lifecycles.length >= 5, lifecycles.join());
        const reached = new Set(lifecycles);
        for (const file of reached) for (const each of imports.get(file)?.loaded ?? []) reached.add(each);
        const ofPulumi = [...reached].filter((each) => each.startsWith("@pulumi/"));
        assert.deepEqual(ofPulumi, []);
    });

    it("has no two files that import each other, directly or through others", () => {
        assert.deepEqual(circles(new Map([...imports].map(([file, { all }]) => [file, all]))), []);
    });
});

/** The groups of files that reach each other by their imports, types included (Tarjan's algorithm). */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[] {
    const order = new Map<string, number>();
    const lowest = new Map<string, number>();
    const path: string[] = [];
    const found: string[] = [];
    const visit = (file: string): number => {
        const index = order.size;
        order.set(file, index);
        lowest.set(file, index);
        path.push(file);
        for (const other of imports.get(file) ?? []) {
            if (!imports.has(other)) continue;
            const low = !order.has(other) ? visit(other) : path.includes(other) ? (order.get(other) as number) : index;
            lowest.set(file, Math.min(lowest.get(file) as number, low));
        }
        if (lowest.get(file) === index) {
            const group = path.splice(path.indexOf(file));
            if (group.length > 1) found.push(group.sort().join(" and "));
        }
        return lowest.get(file) as number;
    };
    for (const file of imports.keys()) if (!order.has(file)) visit(file);
    return found.sort();
}
