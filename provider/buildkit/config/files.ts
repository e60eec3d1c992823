/** buildkitd's configuration files, as buildx copies them into a container (buildx: `util/confutil/container.go`). */
import { createHash } from "node:crypto";
import { basename, posix } from "node:path";
import { readConfig, renderConfig, sorted, type Table } from ".";
import { isPem, readBytes } from "../../pem";
import type { ConfiguredEntitlements } from "../../buildx/entitlements";

/** Folder in the container in which buildkitd looks for its configuration. */
export const configFolder = "/etc/buildkit";

/** Path of the configuration below {@link configFolder}. */
export const configFile = "buildkitd.toml";

/** The files of an empty configuration. buildkitd then does the same as without a configuration. */
export const emptyConfig: Readonly<Record<string, Buffer>> = { [configFile]: Buffer.alloc(0) };

/** Arguments of buildkitd that select the configuration in {@link configFolder}. */
export const configFlags: readonly string[] = ["--config", `${configFolder}/${configFile}`];

/** Whether the first arguments of buildkitd are {@link configFlags}. */
export const hasConfigFlags = (flags: readonly string[] | null | undefined): boolean =>
    configFlags.every((flag, index) => flags?.[index] === flag);

/** Returns the insecure entitlements of a configuration. They determine whether buildx adds its default flag. */
export function configuredEntitlements({ "insecure-entitlements": entitlements }: Table): ConfiguredEntitlements {
    if (!Array.isArray(entitlements)) return {};
    return { networkHost: entitlements.includes("network.host"), none: entitlements.length === 0 };
}

interface Registry {
    ca?: string[];
    keypair?: { key?: string; cert?: string }[];
}

/** Digests of certificates and keys by their path below {@link configFolder}. */
export type FileNames = Readonly<Record<string, string>>;

/** Returns the paths of certificates and keys among the files of a configuration. */
export const fileNamesOf = (files: Readonly<Record<string, Buffer>>): FileNames =>
    Object.fromEntries(
        Object.entries(files)
            .filter(([path]) => path !== configFile)
            .map(([path, content]) => [path, digestOf(content)]),
    );

const digestOf = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

/**
 * Returns the files of a configuration by their path below {@link configFolder}: the configuration itself, and the
 * certificates and keys of its registries. The configuration contains their paths in the container.
 *
 * @param names the paths to keep. A certificate or key given as PEM text gets the path of the same content.
 * @throws {Error} if one of the files cannot be read.
 */
export async function configFiles(table: Table, names: FileNames = {}): Promise<Record<string, Buffer>> {
    const files: Record<string, Buffer> = {};
    const registries: Record<string, unknown> = {};
    for (const [host, registry] of Object.entries((table.registry ?? {}) as Record<string, Registry>)) {
        const bring = async (given: string, name: string) => {
            const content = await readBytes(given);
            const folder = posix.join("certs", host.replace(/[^a-zA-Z0-9.-]+/g, "_"));
            const kept = isPem(given) ? keptPath(folder, content, names, files) : undefined;
            const path =
                kept ??
                freePath(
                    posix.join(folder, isPem(given) ? name : basename(given)),
                    (taken) => !files[taken] || files[taken].equals(content),
                );
            files[path] = content;
            return posix.join(configFolder, path);
        };
        const ca: string[] = [];
        for (const each of registry.ca ?? []) ca.push(await bring(each, "ca.pem"));
        const keypair: Registry["keypair"] = [];
        for (const { key, cert } of registry.keypair ?? []) {
            keypair.push({
                ...(key && { key: await bring(key, "key.pem") }),
                ...(cert && { cert: await bring(cert, "cert.pem") }),
            });
        }
        registries[host] = { ...registry, ...(ca.length > 0 && { ca }), ...(keypair.length > 0 && { keypair }) };
    }
    const inContainer = table.registry === undefined ? table : { ...table, registry: registries };
    files[configFile] = Buffer.from(await renderConfig(inContainer));
    return files;
}

/** Returns the path that a file with this content keeps. If two files have the same content, each keeps its path. */
function keptPath(
    folder: string,
    content: Buffer,
    names: FileNames,
    taken: Readonly<Record<string, Buffer>>,
): string | undefined {
    const digest = digestOf(content);
    const same = Object.keys(names).filter((path) => posix.dirname(path) === folder && names[path] === digest);
    return same.find((path) => taken[path] === undefined) ?? same[0];
}

/** Adds a number to a path if another file already has the path. buildx itself would overwrite that file. */
function freePath(path: string, isFree: (path: string) => boolean): string {
    const { dir, name, ext } = posix.parse(path);
    for (let number = 1, free = path; ; number++) {
        if (isFree(free)) return free;
        free = posix.join(dir, `${name}-${number}${ext}`);
    }
}

/** Whether a file below {@link configFolder} belongs to the configuration. An image may contain other files there. */
export const belongsToConfig = (path: string): boolean => path === configFile || path.startsWith("certs/");

/**
 * Returns a digest that identifies a set of files; empty if there are no files. Only the meaning of the configuration
 * counts, because buildx writes the same configuration with different text.
 */
export async function digestOfFiles(files: Readonly<Record<string, Buffer>>): Promise<string> {
    const paths = Object.keys(files).sort();
    if (paths.length === 0) return "";
    const hash = createHash("sha256");
    for (const path of paths) {
        const content = files[path] as Buffer;
        hash.update(`${path}\0`).update(path === configFile ? await meaning(content) : content);
        hash.update("\0");
    }
    return hash.digest("hex");
}

/**
 * Returns the meaning of a configuration. If the configuration is invalid, or if a person edited it and it has
 * comments, every byte counts.
 */
async function meaning(content: Buffer): Promise<Buffer | string> {
    const text = content.toString("utf8");
    const { table, problems } = await readConfig(text);
    const isWrong = problems.some(({ isUnknownKey, isWarning }) => !isUnknownKey && !isWarning);
    if (isWrong || count("#", text) !== count("#", await renderConfig(table))) return content;
    return JSON.stringify(sorted(table));
}

const count = (part: string, text: string) => text.split(part).length - 1;
