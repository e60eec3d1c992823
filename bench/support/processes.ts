/** Reads what the kernel reports about running processes, on Linux. */
import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { must } from "../../tests/support/run";

/** Returns the resident memory of a process, in 10^6 bytes. */
export async function residentMemory(pid: number): Promise<number> {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
}

/** Returns the target of each open file descriptor of a process, for example `socket:[4026]` or a path. */
export async function openFiles(pid: number): Promise<string[]> {
    const folder = `/proc/${pid}/fd`;
    const targets = await Promise.all(
        (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => undefined)),
    );
    return targets.filter((target) => target !== undefined);
}

/** Returns the processes that a process and its children started, with their command lines. */
export async function childProcesses(pid: number): Promise<string[]> {
    const path = `/proc/${pid}/task`;
    const lists = (await readdir(path)).map((task) => readFile(`${path}/${task}/children`, "utf8").catch(() => ""));
    const children = (await Promise.all(lists)).flatMap((list) => list.split(" ")).filter((each) => each !== "");
    const found = children.map(async (child) => {
        const command = await readFile(`/proc/${child}/cmdline`, "utf8").catch(() => "");
        const below = await childProcesses(Number(child)).catch(() => []);
        return [`${child} ${command.replaceAll("\0", " ").trim()}`, ...below];
    });
    return (await Promise.all(found)).flat();
}

/** The flags in `/proc/net/unix` of a socket that waits for connections. */
const listening = "00010000";

/** Returns the process of the engine that docker connects to, or the reason why it cannot be found. */
export async function findEngineProcess(): Promise<{ pid: number } | { why: string }> {
    const host = (await must("docker", ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"])).trim();
    if (!host.startsWith("unix://")) return { why: `${host} is not a socket of this machine` };
    const socket = await realpath(host.slice("unix://".length));
    for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number)) {
        const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
        if (name.trim() === "dockerd" && (await isListeningAt(pid, socket))) return { pid };
    }
    return { why: `no dockerd that this user may inspect listens at ${socket}` };
}

async function isListeningAt(pid: number, socket: string): Promise<boolean> {
    const [files, lines] = await Promise.all([
        openFiles(pid).catch((): string[] => []),
        readFile(`/proc/${pid}/net/unix`, "utf8").catch(() => ""), // the sockets of its network namespace
    ]);
    for (const line of lines.split("\n")) {
        const [, , , flags, , , inode, path] = line.trim().split(/\s+/);
        if (flags !== listening || path === undefined || !files.includes(`socket:[${inode}]`)) continue;
        if ((await realpath(path).catch(() => path)) === socket) return true;
    }
    return false;
}
