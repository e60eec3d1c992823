/**
 * The files of the plugin: this package without what only programs in TypeScript need, and the packages that it loads.
 * The plugin consists of the files in one folder. Pulumi starts `pulumi-resource-buildx` in it.
 */
import { chmod, cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, posix, relative, sep } from "node:path";

/** The machines that the plugin supports, as Go names them. */
export interface Target {
    readonly os: "linux" | "darwin" | "windows";
    readonly arch: "amd64" | "arm64";
}

interface Manifest {
    readonly name: string;
    readonly version: string;
    readonly dependencies?: Readonly<Record<string, string>>;
}

/** The folder of this package. */
export const packageFolder = dirname(createRequire(__filename).resolve("pulumi-buildx/package.json"));

const main = "dist/provider/bridges/plugin/main.js";

export const readManifest = async (folder: string): Promise<Manifest> =>
    JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;

/**
 * Writes the files of the plugin into an empty folder.
 *
 * @param native the folder of koffi's native library for the target; `undefined` for Windows, which needs none.
 */
export async function writePlugin(folder: string, { os }: Target, native: string | undefined): Promise<void> {
    const { name, version } = await readManifest(packageFolder);
    // Modules of the package find its version by its own name.
    const own = { name, version, main, exports: { "./package.json": "./package.json" } };
    await mkdir(folder, { recursive: true });
    await Promise.all([
        writeFile(join(folder, "package.json"), `${JSON.stringify(own, undefined, 4)}\n`),
        cp(join(packageFolder, "schema.json"), join(folder, "schema.json")),
        copyFiles(join(packageFolder, "dist/provider"), join(folder, "dist/provider")),
        copyProtocol(join(folder, "node_modules/@pulumi/pulumi")),
        copyPackages(join(folder, "node_modules")),
        writeStarter(folder, os),
    ]);
    if (native !== undefined)
        await cp(native, join(folder, "node_modules", (await readManifest(native)).name), { recursive: true });
}

/** Writes the file that Pulumi starts. */
async function writeStarter(folder: string, os: Target["os"]): Promise<void> {
    if (os === "windows") {
        const path = main.replaceAll("/", "\\");
        return writeFile(join(folder, "pulumi-resource-buildx.cmd"), `@node "%~dp0${path}" %*\r\n`);
    }
    const starter = join(folder, "pulumi-resource-buildx");
    const lines = [
        "#!/bin/sh",
        "if ! command -v node >/dev/null; then",
        '    echo "pulumi-resource-buildx needs Node.js 22.19 or newer: node was not found on the PATH" >&2',
        "    exit 1",
        "fi",
        `exec node "$(dirname "$0")/${main}" "$@"`,
    ];
    await writeFile(starter, `${lines.join("\n")}\n`);
    await chmod(starter, 0o755);
}

/** Parts of packages that are not loaded, as patterns of their paths. */
const notLoaded = [
    /\.(d\.[cm]?ts|map|md|markdown|ts|flow|c|cc|cpp|h|hh|hpp|inc|s|asm|def)$/i,
    /^(@[^/]+\/)?[^/]+\/(test|tests|docs?|examples?|benchmarks?|\.github)(\/|$)/, // deeper ones may be sources
    /^koffi\/(vendor|lib)(\/|$)/,
    /^ssh2\/(install\.js|util|lib\/protocol\/crypto\/(src|poly1305\.js\.map|build))/,
    /^protobufjs\/(dist|cli|google|scripts)(\/|$)/,
    /^@kubernetes\/client-node\/dist\/gen\/(models|types|apis\/(?!exception\.js))/, // see provider/cluster/library.ts
    /^@grpc\/grpc-js\/(src|proto|build\/src\/generated)(\/|$)/,
    /\.node-gyp|binding\.gyp$/,
];

/** Packages that are not loaded: native parts that only save time, parts for another runtime, and command lines. */
const isUnused = (name: string): boolean =>
    ["cpu-features", "nan", "buildcheck", "yargs"].includes(name) ||
    /^bare-/.test(name) ||
    /^@(types|pulumi)\//.test(name);

/** Copies every package that this package loads, directly or through others. */
async function copyPackages(target: string): Promise<void> {
    const own = await readManifest(packageFolder);
    const withProtocol = { ...own, dependencies: { ...own.dependencies, "google-protobuf": "" } };
    /** Where each package is copied to, by the folder it is in. */
    const placed = new Map<string, string>();
    const waiting = [{ manifest: withProtocol as Manifest, from: packageFolder, to: "" }];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        for (const name of Object.keys(next.manifest.dependencies ?? {})) {
            if (isUnused(name)) continue;
            const from = await findPackage(name, next.from);
            if (from === undefined || placed.has(from)) continue;
            // A second version of a package is placed below the package that needs it.
            const to = [...placed.values()].includes(name) ? posix.join(next.to, "node_modules", name) : name;
            placed.set(from, to);
            waiting.push({ manifest: await readManifest(from), from, to });
        }
    }
    const parentsFirst = [...placed].sort(([, a], [, b]) => a.length - b.length);
    for (const [from, to] of parentsFirst) await copyFiles(from, join(target, to), to);
}

/** Returns the folder of a package, as Node.js finds it from a folder. */
async function findPackage(name: string, from: string): Promise<string | undefined> {
    for (let folder = from; ; folder = dirname(folder)) {
        const candidate = join(folder, "node_modules", name);
        if (await readManifest(candidate).then(Boolean, () => false)) return candidate;
        if (dirname(folder) === folder) return undefined;
    }
}

/** Copies a folder without the files that are not loaded. */
async function copyFiles(source: string, target: string, name = ""): Promise<void> {
    await cp(source, target, {
        recursive: true,
        dereference: true,
        filter: (path) => {
            const inside = relative(source, path).split(sep).join("/");
            if (inside === "node_modules" || inside.startsWith("node_modules/")) return false;
            const full = name === "" ? inside : `${name.split(sep).join("/")}/${inside}`;
            return !notLoaded.some((pattern) => pattern.test(full));
        },
    });
}

/** The messages of the protocol that the plugin loads itself. */
const messages = ["engine_grpc_pb", "engine_pb", "plugin_pb", "provider_grpc_pb", "provider_pb", "status_pb"];

/** Copies the messages of Pulumi's protocol, and what they load, without the rest of Pulumi's SDK. */
async function copyProtocol(target: string): Promise<void> {
    const require = createRequire(join(packageFolder, "package.json"));
    const source = dirname(require.resolve("@pulumi/pulumi/package.json"));
    const { name, version } = await readManifest(source);
    const wanted = new Set<string>();
    const visit = async (file: string): Promise<void> => {
        if (wanted.has(file)) return;
        wanted.add(file);
        const text = await readFile(join(source, "proto", file), "utf8");
        const found = [...text.matchAll(/require\(['"]\.\/([\w/.-]+?)(?:\.js)?['"]\)/g)];
        for (const [, each] of found) await visit(`${each}.js`);
    };
    for (const each of messages) await visit(`${each}.js`);
    await mkdir(target, { recursive: true });
    await writeFile(join(target, "package.json"), `${JSON.stringify({ name, version })}\n`);
    await Promise.all([...wanted].map((file) => cp(join(source, "proto", file), join(target, "proto", file))));
}

/**
 * Returns the folder of koffi's native library for this machine. Without it buildx's store could not be locked.
 *
 * @throws {Error} if it is not installed.
 */
export async function nativeForThisMachine(): Promise<string | undefined> {
    if (process.platform === "win32") return undefined;
    const koffi = await findPackage("koffi", packageFolder);
    const found = koffi && (await findPackage(`@koromix/koffi-${process.platform}-${process.arch}`, koffi));
    if (found !== undefined) return found;
    const scope = await readdir(join(packageFolder, "node_modules/@koromix")).catch(() => []);
    throw new Error(
        `koffi has no native library for ${process.platform}-${process.arch} here ` +
            `(found: ${scope.join(", ") || "none"}), and buildx's store cannot be locked without it. ` +
            "Install pulumi-buildx again without --omit=optional",
    );
}
