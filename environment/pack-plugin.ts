/**
 * `npm run plugin:pack [-- MACHINE...]`: writes the tarballs of a release of the plugin, one for each kind of machine, into `release/` or the
 * folder in `PLUGIN_RELEASE_FOLDER`.
 * `pluginDownloadURL` of the schema serves them by these names. The same sources give the same tarballs.
 * A MACHINE is, for example, `linux-amd64`. Without one, the tarballs of all machines are written.
 */
import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";

const { nativeForThisMachine, readManifest, writePlugin, packageFolder } =
    require("../dist/cli/plugin/contents") as typeof import("../cli/plugin/contents");

const run = promisify(execFile);

/** The machines of a release. `npm` is the name of the machine in koffi's packages; Windows needs no lock of koffi's. */
const targets = [
    { os: "linux", arch: "amd64", npm: "linux-x64" },
    { os: "linux", arch: "arm64", npm: "linux-arm64" },
    { os: "darwin", arch: "amd64", npm: "darwin-x64" },
    { os: "darwin", arch: "arm64", npm: "darwin-arm64" },
    { os: "windows", arch: "amd64", npm: undefined },
    { os: "windows", arch: "arm64", npm: undefined },
] as const;

async function main(): Promise<void> {
    const { version } = await readManifest(packageFolder);
    const { version: koffi } = await readManifest(join(packageFolder, "node_modules/koffi"));
    const release = process.env.PLUGIN_RELEASE_FOLDER ?? join(packageFolder, "release");
    await mkdir(release, { recursive: true });
    const wanted = process.argv.slice(2);
    const chosen = targets.filter(({ os, arch }) => wanted.length === 0 || wanted.includes(`${os}-${arch}`));
    if (chosen.length === 0) throw new Error(`no such machine: ${wanted.join(", ")}`);
    const work = await mkdtemp(join(tmpdir(), "pulumi-buildx-pack-"));
    try {
        for (const target of chosen) {
            const name = `pulumi-resource-buildx-v${version}-${target.os}-${target.arch}`;
            const isHere = target.npm === `${process.platform}-${process.arch}`;
            const native = isHere
                ? await nativeForThisMachine()
                : target.npm && (await downloadNative(work, `@koromix/koffi-${target.npm}`, koffi));
            await writePlugin(join(work, name), target, native);
            const size = await writeTarball(join(work, name), join(release, `${name}.tar.gz`));
            console.log(`${name}.tar.gz  ${(size / 1e6).toFixed(1)} MB`);
        }
    } finally {
        await rm(work, { recursive: true, force: true });
    }
}

/** Returns the folder of a package that npm downloads. */
async function downloadNative(work: string, name: string, version: string): Promise<string> {
    const folder = join(work, "native", name.replace("/", "-"));
    await mkdir(folder, { recursive: true });
    const { stdout } = await run("npm", ["pack", `${name}@${version}`, "--silent", "--pack-destination", folder]);
    await run("tar", ["-xzf", join(folder, stdout.trim()), "-C", folder]);
    return join(folder, "package");
}

/** Writes the files of a folder as a tarball and returns its size in bytes. */
async function writeTarball(folder: string, path: string): Promise<number> {
    const tarball = pack();
    const written = pipeline(tarball, createGzip({ level: 9 }), createWriteStream(path));
    for (const name of (await readdir(folder, { recursive: true })).sort()) {
        const found = await lstat(join(folder, name));
        if (!found.isFile()) continue;
        const mode = (found.mode & 0o100) === 0 ? 0o644 : 0o755;
        tarball.entry({ name, mode, mtime: new Date(0) }, await readFile(join(folder, name)));
    }
    tarball.finalize();
    await written;
    return (await lstat(path)).size;
}

main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
});
