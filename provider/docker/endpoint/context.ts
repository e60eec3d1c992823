/** docker's contexts: named engines with their TLS files (docker/cli `cli/context/store`). */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { access, constants, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeAtomically } from "../../atomicWrite";
import { FileAccessError, makeFolders, readSmallFile, whyNoAccess } from "../../fileAccess";
import { dockerConfigFolder } from "./configFile";
import { materialInFolder, type TlsMaterial, tlsFile, tlsParts } from "./tls";

export interface DockerContext {
    readonly host: string;
    /** `undefined`: no TLS. */
    readonly tls: TlsMaterial | undefined;
    /** Metadata that the creator of the context stored with it. */
    readonly metadata: Readonly<Record<string, unknown>>;
}

interface Meta {
    Name: string;
    Metadata: Readonly<Record<string, unknown>>;
    Endpoints: { docker?: { Host?: string; SkipTLSVerify?: boolean } };
}

const folderOf = (kind: "meta" | "tls", name: string) =>
    join(dockerConfigFolder(), "contexts", kind, createHash("sha256").update(name).digest("hex"));

const metaPath = (name: string) => join(folderOf("meta", name), "meta.json");

const tlsFolder = (name: string) => join(folderOf("tls", name), "docker");

/** Whether docker has a context of this name. */
export const isContext = (name: string): boolean => existsSync(metaPath(name));

/** Returns a context by name, or `undefined` if it does not exist. */
export async function readContext(name: string): Promise<DockerContext | undefined> {
    let text: string;
    try {
        text = readSmallFile(metaPath(name));
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw await noAccess(error, metaPath(name), "read");
    }
    const { Endpoints, Metadata } = JSON.parse(text) as Partial<Meta>;
    const { Host: host = "", SkipTLSVerify: skipVerify = false } = Endpoints?.docker ?? {};
    const material = await materialInFolder(tlsFolder(name), { skipVerify, from: `context ${name}` });
    const hasTls = skipVerify || tlsParts.some((part) => material[part] !== undefined);
    return { host, tls: hasTls ? material : undefined, metadata: Metadata ?? {} };
}

/** Creates or updates a context. Only the user can read its TLS files. */
export async function writeContext(name: string, { host, tls, metadata }: DockerContext): Promise<void> {
    for (const part of tlsParts) {
        const path = join(tlsFolder(name), tlsFile(part));
        const text = tls?.[part];
        if (text === undefined) await remove(path);
        else await writeContextFile(path, text, 0o600);
    }
    const docker = { Host: host, SkipTLSVerify: tls?.skipVerify ?? false };
    const meta: Meta = { Name: name, Metadata: metadata, Endpoints: { docker } };
    await writeContextFile(metaPath(name), JSON.stringify(meta), 0o644);
}

/** Removes a context with its files. Does nothing if it does not exist. */
export async function removeContext(name: string): Promise<void> {
    for (const kind of ["meta", "tls"] as const) await remove(folderOf(kind, name));
}

/**
 * Checks that contexts can be written, before any other action that needs a context.
 *
 * @throws {FileAccessError} if contexts cannot be written.
 */
export async function requireWritableContexts(): Promise<void> {
    for (const kind of ["meta", "tls"]) {
        const path = join(dockerConfigFolder(), "contexts", kind);
        try {
            await makeFolders(path, kind === "tls" ? 0o700 : 0o755);
            await access(path, constants.W_OK | constants.X_OK);
        } catch (error) {
            throw await noAccess(error, path, "write");
        }
    }
}

/** Writes a file of a context atomically. Folders have docker's modes. */
async function writeContextFile(path: string, content: string, mode: number): Promise<void> {
    try {
        await makeFolders(dirname(path), mode === 0o600 ? 0o700 : 0o755);
        await writeAtomically(path, content, { temporary: `${path}.`, mode });
    } catch (error) {
        throw await noAccess(error, path, "write");
    }
}

async function remove(path: string): Promise<void> {
    try {
        await rm(path, { recursive: true, force: true });
    } catch (error) {
        throw await noAccess(error, path, "write");
    }
}

async function noAccess(error: unknown, path: string, to: "read" | "write"): Promise<Error> {
    const own = [dockerConfigFolder()];
    const elsewhere = "set DOCKER_CONFIG to a folder that this user can write";
    const why = await whyNoAccess(error, { path, to, own, elsewhere });
    const what = to === "read" ? "read" : "written";
    return new FileAccessError(`docker's contexts cannot be ${what}`, why, error);
}
