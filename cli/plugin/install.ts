/** `pulumi-buildx plugin install`: gives this package's plugin to the Pulumi CLI, without a network. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { compileCacheFolder } from "../../provider/bridges/plugin/compileCacheFolder";
import { nativeForThisMachine, packageFolder, readManifest, type Target, writePlugin } from "./contents";

const run = promisify(execFile);

/**
 * The oldest release of the Pulumi CLI whose source was compared with what the plugin needs: a folder as `--file` of
 * `plugin install`, `package add` without parameters, and the stack's configuration in the plugin's environment.
 */
const oldestCli = [3, 206] as const;

/** A reason why the plugin cannot be installed, with what to do. */
class InstallError extends Error {}

/** The exit code if the plugin cannot be installed. */
const failureCode = 4;

type Write = (text: string) => void;

/**
 * Installs the plugin into Pulumi's home. Installing the same files again changes nothing. If the Pulumi CLI is missing
 * or too old, or if its home cannot be written, an error says what to do.
 *
 * @returns the exit code.
 */
export async function installPlugin(write: Write, writeError: Write): Promise<number> {
    try {
        await install(write);
        return 0;
    } catch (error) {
        if (!(error instanceof InstallError)) throw error;
        writeError(`pulumi-buildx: ${error.message}\n`);
        return failureCode;
    }
}

async function install(write: Write): Promise<void> {
    await requireCli();
    const { version } = await readManifest(packageFolder);
    const installed = join(pulumiHome(), "plugins", `resource-buildx-v${version}`);
    const staged = await mkdtemp(join(tmpdir(), "pulumi-buildx-plugin-"));
    try {
        const files = join(staged, "plugin");
        await writePlugin(files, thisMachine(), await nativeForThisMachine());
        const isThere = await stat(installed).then(Boolean, () => false);
        if (isThere && (await isSame(files, installed))) {
            write(`The plugin buildx ${version} is already installed in ${installed}.\n`);
        } else {
            await giveToCli(files, version, installed);
            write(`Installed the plugin buildx ${version} in ${installed}.\n`);
        }
        write(next(version));
    } finally {
        await rm(staged, { recursive: true, force: true });
    }
}

async function giveToCli(files: string, version: string, installed: string): Promise<void> {
    const args = ["plugin", "install", "resource", "buildx", version, "--file", files, "--reinstall"];
    await run("pulumi", args).catch((error: NodeJS.ErrnoException & { stderr?: string }) => {
        const reason = error.stderr?.trim() || error.message;
        throw new InstallError(
            `the plugin cannot be installed in ${installed}: ${reason}. ` +
                "Check that you can write that folder, or set PULUMI_HOME to another one",
        );
    });
}

async function requireCli(): Promise<void> {
    const { stdout } = await run("pulumi", ["version"]).catch((error: NodeJS.ErrnoException) => {
        throw new InstallError(
            error.code === "ENOENT"
                ? "the Pulumi CLI was not found on the PATH. Install it: https://www.pulumi.com/docs/install/"
                : `the Pulumi CLI does not run: ${error.message}`,
        );
    });
    const [major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(stdout)?.slice(1).map(Number) ?? [];
    if (major > oldestCli[0] || (major === oldestCli[0] && minor >= oldestCli[1])) return;
    throw new InstallError(
        `the Pulumi CLI is ${stdout.trim()}, and the plugin needs v${oldestCli.join(".")}.0 or newer. ` +
            "Update it: https://www.pulumi.com/docs/install/",
    );
}

const pulumiHome = (): string => process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");

/** Returns the kind of this machine. */
export function thisMachine(): Target {
    const os = process.platform === "win32" ? "windows" : process.platform === "darwin" ? "darwin" : "linux";
    return { os, arch: process.arch === "arm64" ? "arm64" : "amd64" };
}

/** Whether two folders have the same files with the same content. The compiled code that the plugin saves is left out. */
async function isSame(one: string, other: string): Promise<boolean> {
    const [here, there] = await Promise.all(
        [one, other].map(async (folder) => {
            const files = await readdir(folder, { recursive: true });
            return files.filter((file) => !file.startsWith(compileCacheFolder));
        }),
    );
    if (here?.sort().join("\n") !== there?.sort().join("\n")) return false;
    const same = (here ?? []).map(async (path) => {
        const [a, b] = await Promise.all(
            [one, other].map((folder) => readFile(join(folder, path)).catch(() => undefined)),
        );
        return a === undefined ? b === undefined : b !== undefined && a.equals(b);
    });
    return (await Promise.all(same)).every(Boolean);
}

/** How to continue, for each language. */
const next = (version: string): string => `
YAML         Use the resources in Pulumi.yaml: type: buildx:BuildxBuilder
Python, Go   Generate the SDK in the folder of the program: pulumi package add buildx@${version}
TypeScript   Use the classes of pulumi-buildx. To run them with the plugin: pulumi config set buildx:plugin true
Import       pulumi import buildx:index:BuildxBuilder NAME BUILDER
`;
