import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isLocked, lockPath } from "../../provider/buildx/lock";
import { storeFolder } from "../../provider/buildx/store";
import { dockerConfigFolder } from "../../provider/docker/endpoint/configFile";
import { readContext } from "../../provider/docker/endpoint/context";

/** What is known about this machine, besides records and engines. */
export interface HostFacts {
    readonly platform: NodeJS.Platform;
    /** The user's id; `undefined` on Windows. */
    readonly uid: number | undefined;
    readonly gid: number | undefined;
    /** The values of `BUILDX_BUILDER` and `DOCKER_CONTEXT`. */
    readonly env: { readonly builder: string; readonly context: string };
    /** buildx's lock and the process that holds it, if it is held for longer than buildx ever should hold it. */
    readonly lock: { readonly path: string; readonly heldBy: number | undefined } | undefined;
    /** The folder that cannot be written: buildx's store, a folder in it, or the existing parent of a missing one. */
    readonly readOnlyFolder: { readonly path: string; readonly isOwn: boolean } | undefined;
    readonly plugin: "installed" | "no docker" | "no buildx";
    /** The docker contexts that this package created. */
    readonly contexts: readonly ContextFacts[];
}

export interface ContextFacts {
    readonly name: string;
    readonly urn: string;
}

/**
 * Time, in milliseconds, after which a held lock is reported. `docker buildx rm` holds it while it stops a container.
 */
const lockTimeout = 2_000;

export async function collectHost(): Promise<HostFacts> {
    const [lock, readOnlyFolder, plugin, contexts] = await Promise.all([
        findHeldLock(),
        findReadOnlyFolder(),
        findPlugin(),
        ownContexts(),
    ]);
    const { BUILDX_BUILDER: builder = "", DOCKER_CONTEXT: context = "", DOCKER_HOST: host } = process.env;
    return {
        platform: process.platform,
        uid: process.getuid?.(),
        gid: process.getgid?.(),
        env: { builder, context: host ? "" : context }, // docker ignores it if DOCKER_HOST is set
        lock,
        readOnlyFolder,
        plugin,
        contexts,
    };
}

async function findHeldLock(): Promise<HostFacts["lock"]> {
    const store = storeFolder();
    if (!(await isLocked(store, lockTimeout))) return undefined;
    const path = lockPath(store);
    return { path, heldBy: await holderOf(path).catch(() => undefined) };
}

/**
 * Returns the process that holds a lock. Linux lists locks by device and inode number; the inode number is compared.
 */
async function holderOf(path: string): Promise<number | undefined> {
    const [{ ino }, locks] = await Promise.all([stat(path), readFile("/proc/locks", "utf8")]);
    const holder = locks.split("\n").find((line) => / FLOCK /.test(line) && line.includes(`:${ino} `));
    const [, pid] = / (?:READ|WRITE) +(\d+) /.exec(holder ?? "") ?? [];
    return pid === undefined ? undefined : Number(pid);
}

async function findReadOnlyFolder(): Promise<HostFacts["readOnlyFolder"]> {
    const store = storeFolder();
    for (const folder of [store, join(store, "instances"), join(store, "activity")]) {
        const existing = await nearest(folder);
        const isWritable = await access(existing, constants.W_OK | constants.X_OK).then(
            () => true,
            () => false,
        );
        if (isWritable) continue;
        const owner = await stat(existing).catch(() => undefined);
        return { path: existing, isOwn: owner?.uid === process.getuid?.() };
    }
    return undefined;
}

/** Returns the folder, or its nearest existing parent folder, in which it would be created. */
async function nearest(folder: string): Promise<string> {
    const { code } = await access(folder).then(
        () => ({ code: undefined }),
        (error: NodeJS.ErrnoException) => error,
    );
    return code === "ENOENT" && dirname(folder) !== folder ? nearest(dirname(folder)) : folder;
}

function findPlugin(): Promise<HostFacts["plugin"]> {
    return new Promise((resolve) => {
        execFile("docker", ["buildx", "version"], { timeout: 8_000 }, (error) => {
            if (error === null) resolve("installed");
            else resolve(error.code === ("ENOENT" as unknown) ? "no docker" : "no buildx");
        });
    });
}

async function ownContexts(): Promise<ContextFacts[]> {
    const folder = join(dockerConfigFolder(), "contexts/meta");
    const found = await Promise.all(
        (await readdir(folder).catch(() => []))
            .map(async (entry): Promise<ContextFacts[]> => {
                const text = await readFile(join(folder, entry, "meta.json"), "utf8").catch(() => "{}");
                const { Name: name = "" } = JSON.parse(text) as { Name?: string };
                const urn = (await readContext(name))?.metadata["io.github.pulumi-buildx.urn"];
                return typeof urn === "string" ? [{ name, urn }] : [];
            })
            .map((each) => each.catch(() => [])), // docker itself reports a context that cannot be read
    );
    return found.flat();
}
