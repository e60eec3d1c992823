import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./registry";
import { must, run } from "./run";

/** A real sshd that gives access to an engine, and a user's `ssh` that is configured for it. */
export interface Sshd {
    /** `ssh://user@127.0.0.1:port`. */
    readonly host: string;
    /** The user's environment: an `ssh` with the test's own configuration, key and `known_hosts`. */
    readonly env: { PATH: string; SSH_AUTH_SOCK: string };
    readonly knownHosts: string;
    /** Inserts lines at the top of the configuration of the `ssh` in {@link env}. */
    configure(...lines: string[]): Promise<void>;
    /** Returns the environment for the same host, with the key in an agent and no key file. */
    agent(): Promise<{ PATH: string; SSH_AUTH_SOCK: string }>;
    /** Adds the current key of the host to the user's `known_hosts`. */
    accept(): Promise<void>;
    /** Restarts with another host key, as another machine at the same address would. */
    changeHostKey(): Promise<void>;
    start(): Promise<void>;
    /** Stops sshd and cuts all connections. */
    stop(): Promise<void>;
    /** Stops sshd and the agent. */
    remove(): Promise<void>;
}

/**
 * Starts sshd.
 *
 * @param engine the engine that `docker` connects to on the remote side.
 * @param programs a folder with other programs on the `PATH` of the remote side.
 */
export async function startSshd(parent: string, engine: string, programs?: string): Promise<Sshd> {
    const folder = join(parent, "ssh");
    await mkdir(folder, { mode: 0o700 });
    const [port, program] = await Promise.all([freePort(), find("sshd", "/usr/sbin/sshd")]);
    const files = { hostKey: join(folder, "host_key"), key: join(folder, "key"), knownHosts: join(folder, "known") };
    await Promise.all([makeKey(files.hostKey), makeKey(files.key)]);
    await writeFile(join(folder, "sshd_config"), await serverConfig(port, files, engine, programs));
    await accept(files, port);
    // If sshd runs as the superuser, it confines its children to this folder, which otherwise only its package creates.
    if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });

    let daemon: ChildProcess | undefined;
    let agent: ChildProcess | undefined;
    const end = async (child: ChildProcess | undefined) => {
        if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
        const all = [child.pid, ...(await descendants(child.pid))];
        const closed = once(child, "exit");
        for (const pid of all) kill(pid);
        await closed;
    };
    const start = async () => {
        daemon = spawn(program, ["-D", "-e", "-f", join(folder, "sshd_config")], {
            stdio: ["ignore", "ignore", "pipe"],
        });
        let said = "";
        daemon.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
        await listens(port, daemon, () => said);
    };
    const stop = () => end(daemon);
    await start();
    return {
        host: `ssh://${userInfo().username}@127.0.0.1:${port}`,
        env: { PATH: await client(join(folder, "with-key"), files, `IdentityFile ${files.key}`), SSH_AUTH_SOCK: "" },
        knownHosts: files.knownHosts,
        configure: async (...lines) => {
            const text = clientConfig(files, `IdentityFile ${files.key}`);
            await writeFile(join(folder, "with-key", "config"), [...lines, "Host *", text].join("\n"));
        },
        accept: () => accept(files, port),
        agent: async () => {
            const socket = join(folder, "agent");
            agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
            while ((await run("ssh-add", [files.key], { env: { SSH_AUTH_SOCK: socket } })).code !== 0) await sleep(20);
            return {
                PATH: await client(join(folder, "with-agent"), files, "IdentityFile none"),
                SSH_AUTH_SOCK: socket,
            };
        },
        changeHostKey: async () => {
            await stop();
            await rm(files.hostKey);
            await makeKey(files.hostKey);
            await start();
        },
        start,
        stop,
        remove: async () => {
            await Promise.all([end(daemon), end(agent)]);
        },
    };
}

interface Files {
    readonly hostKey: string;
    readonly key: string;
    readonly knownHosts: string;
}

const makeKey = (path: string) => must("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path]);

async function accept({ hostKey, knownHosts }: Files, port: number): Promise<void> {
    await writeFile(knownHosts, `[127.0.0.1]:${port} ${await readFile(`${hostKey}.pub`, "utf8")}`);
}

async function serverConfig(
    port: number,
    { hostKey, key }: Files,
    engine: string,
    programs: string | undefined,
): Promise<string> {
    const docker = dirname(await find("docker", "/usr/bin/docker"));
    const path = [...(programs === undefined ? [] : [programs]), docker, "/usr/local/bin", "/usr/bin", "/bin"].join(
        ":",
    );
    return [
        `Port ${port}`,
        "ListenAddress 127.0.0.1",
        `HostKey ${hostKey}`,
        `AuthorizedKeysFile ${key}.pub`,
        "PidFile none",
        "StrictModes no", // the parent folder is writable by everyone
        "UsePAM no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin prohibit-password",
        `SetEnv PATH=${path} DOCKER_HOST=${engine}`,
        "",
    ].join("\n");
}

/**
 * Writes an `ssh` that comes first on the PATH. OpenSSH itself reads the home folder from the password database, not
 * from `$HOME`.
 */
async function client(folder: string, files: Files, identity: string): Promise<string> {
    await mkdir(folder);
    await writeFile(join(folder, "config"), clientConfig(files, identity));
    const ssh = await find("ssh", "/usr/bin/ssh");
    await writeFile(join(folder, "ssh"), `#!/bin/sh\nexec ${ssh} -F ${join(folder, "config")} "$@"\n`);
    await chmod(join(folder, "ssh"), 0o755);
    return `${folder}:${process.env.PATH}`;
}

const clientConfig = ({ knownHosts }: Files, identity: string) =>
    [`UserKnownHostsFile ${knownHosts}`, "GlobalKnownHostsFile /dev/null", identity, ""].join("\n");

/** Returns the path of a program. sshd is not always on the PATH. */
async function find(program: string, usual: string): Promise<string> {
    const { code, stdout } = await run("which", [program]);
    return code === 0 ? stdout.trim() : usual;
}

async function listens(port: number, daemon: ChildProcess, said: () => string): Promise<void> {
    daemon.once("error", (error) => daemon.stderr?.emit("data", error.message));
    for (let attempt = 0; attempt < 200 && daemon.exitCode === null; attempt++) {
        const answers = await new Promise<boolean>((resolve) => {
            const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
            socket.once("connect", () => socket.destroy());
        });
        if (answers) return;
        await sleep(25);
    }
    throw new Error(`sshd did not start: ${said() || "no sshd? environment/up --for-tests installs it"}`);
}

/** Returns all descendants of a process. Each connection of sshd is a process that outlives the listening process. */
async function descendants(pid: number): Promise<number[]> {
    const { stdout } = await run("ps", ["-o", "pid=", "--ppid", String(pid)]);
    const children = stdout.split("\n").flatMap((line) => (line.trim() === "" ? [] : [Number(line)]));
    return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}

function kill(pid: number): void {
    try {
        process.kill(pid, "SIGKILL");
    } catch {
        // it has already exited
    }
}
