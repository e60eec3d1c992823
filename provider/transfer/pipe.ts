/**
 * A named pipe (FIFO) between this process and a helper on the same host. The Engine API's stream is several times
 * slower, because the container's shim and the engine read and write every byte again.
 *
 * Whether an engine is on this host cannot be seen from its endpoint: a Unix socket may belong to a virtual machine, or
 * to the host of this process's own container. So the folder with the pipe is mounted into the helper, and the helper
 * uses the pipe only if it finds it there and runs on the same kernel.
 */
import { execFile } from "node:child_process";
import { constants, openSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Engine } from "../docker/engine/engine";
import { pipe } from "./scripts";
import { isAlive } from "./waitForCopy";

export interface NamedPipe {
    /** The folder that contains only the pipe, Only this user can access it. */
    readonly folder: string;
    /** Identifies the running kernel. */
    readonly kernel: string;
    /** This process's end of the pipe. */
    readonly stream: Socket;
    /** Removes the folder. Both ends stay open. */
    remove(): Promise<void>;
    /** Closes this process's end, and removes the folder. */
    close(): Promise<void>;
}

/** The start of the name of this process's folders. */
const prefix = `pulumi-buildx-copy-${hostname()}-`;

/**
 * This process's end of a pipe is opened without waiting for the other end. A reader then waits for the first writer. A
 * writer must also be a reader: without any reader, it could not be opened.
 */
const flags = { read: constants.O_RDONLY | constants.O_NONBLOCK, write: constants.O_RDWR | constants.O_NONBLOCK };

/**
 * Creates a pipe. Returns `undefined` if the engine is certainly on another host, or if no pipe can be created here.
 *
 * @param use what this process does with the pipe.
 */
export async function createPipe({ endpoint }: Engine, use: keyof typeof flags): Promise<NamedPipe | undefined> {
    if (process.platform !== "linux" || !endpoint.host.startsWith("unix://")) return undefined;
    await removeAbandonedPipes();
    let folder: string | undefined;
    try {
        const kernel = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
        folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
        const path = join(folder, pipe.name);
        await promisify(execFile)("mkfifo", ["-m", "600", path]);
        const fd = openSync(path, flags[use]);
        const stream = new Socket({ fd, readable: use === "read", writable: use === "write" });
        stream.on("error", () => {}); // its reader or writer receives the error
        const remove = () => rm(folder as string, { recursive: true, force: true });
        return { folder, kernel, stream, remove, close: () => (stream.destroy(), remove()) };
    } catch {
        if (folder !== undefined) await rm(folder, { recursive: true, force: true });
        return undefined;
    }
}

/** Removes the folders of processes that were killed. */
export async function removeAbandonedPipes(): Promise<void> {
    const names = await readdir(tmpdir()).catch(() => []);
    const abandoned = names.filter((name) => {
        const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : NaN;
        return !Number.isNaN(pid) && !isAlive(pid);
    });
    for (const name of abandoned) await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {});
}
