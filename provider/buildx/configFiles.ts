/** buildkitd's configuration as buildx brings it into a container (buildx: `util/confutil/container.go`). */
import { createHash } from "node:crypto";
import { access } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import { readConfig, renderConfig, sorted, type Table } from "../buildkit/config";
import { isPem, readBytes } from "../pem";
import type { ConfiguredEntitlements } from "./flags";
import { storeFolder } from "./store";

/** Where buildkitd looks for its configuration. */
export const configFolder = "/etc/buildkit";

const configFile = "buildkitd.toml";

/** The arguments by which it takes the one that lies there. */
export const configFlags: readonly string[] = ["--config", `${configFolder}/${configFile}`];

/** Whether buildkitd is told first of all to take the one that lies there. */
export const hasConfigFlags = (flags: readonly string[] | null | undefined): boolean =>
    configFlags.every((flag, index) => flags?.[index] === flag);

/** The configuration of builders that are given none: `buildkitd.default.toml` in buildx's store; `undefined` for none. */
export async function defaultConfigFile(): Promise<string | undefined> {
    const path = join(storeFolder(), "buildkitd.default.toml");
    return access(path).then(
        () => path,
        () => undefined,
    );
}

/** What a configuration says of insecure entitlements, by which buildx adds a flag of its own or does not. */
export function configuredEntitlements({ "insecure-entitlements": entitlements }: Table): ConfiguredEntitlements {
    if (!Array.isArray(entitlements)) return {};
    return { networkHost: entitlements.includes("network.host"), none: entitlements.length === 0 };
}

interface Registry {
    ca?: string[];
    keypair?: { key?: string; cert?: string }[];
}

/**
 * The files of a configuration by path below {@link configFolder}: itself, and the certificates and keys of its
 * registries, of which it then has the paths in the container.
 *
 * @throws where one of them cannot be read.
 */
export async function configFiles(table: Table): Promise<Record<string, Buffer>> {
    const files: Record<string, Buffer> = {};
    const registries: Record<string, unknown> = {};
    for (const [host, registry] of Object.entries((table.registry ?? {}) as Record<string, Registry>)) {
        const bring = async (given: string, name: string) => {
            const content = await readBytes(given);
            const path = freePath(
                posix.join("certs", host.replace(/[^a-zA-Z0-9.-]+/g, "_"), isPem(given) ? name : basename(given)),
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

/** A path with a number in it where another file has it already; buildx itself would put the one in the other's place. */
function freePath(path: string, isFree: (path: string) => boolean): string {
    const { dir, name, ext } = posix.parse(path);
    for (let number = 1, free = path; ; number++) {
        if (isFree(free)) return free;
        free = posix.join(dir, `${name}-${number}${ext}`);
    }
}

/** Whether a file below {@link configFolder} belongs to the configuration: an image may bring others. */
export const belongsToConfig = (path: string): boolean => path === configFile || path.startsWith("certs/");

/**
 * By which two sets of files are told apart. Of the configuration counts what it says: buildx writes the same one in other
 * words.
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

/** What a configuration says; of one that a person had a hand in, in which there are comments, each letter. */
async function meaning(content: Buffer): Promise<Buffer | string> {
    const text = content.toString("utf8");
    const { table, problems } = await readConfig(text);
    const isWrong = problems.some(({ isUnknownKey, isWarning }) => !isUnknownKey && !isWarning);
    if (isWrong || count("#", text) !== count("#", await renderConfig(table))) return content;
    return JSON.stringify(sorted(table));
}

const count = (part: string, text: string) => text.split(part).length - 1;
