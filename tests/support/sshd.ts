import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./registry";
import { must, run } from "./run";

/** A real sshd, behind which `docker` talks to an engine, and a user's `ssh` that knows how to get there. */
export interface Sshd {
    /** `ssh://user@127.0.0.1:port`. */
    readonly host: string;
    /** What the user's shell has: an `ssh` with a configuration, a key and a `known_hosts` of the test's own. */
    readonly env: { PATH: string; SSH_AUTH_SOCK: string };
    readonly knownHosts: string;
    /** Puts lines before all else in the configuration of the `ssh` in {@link env}. */
    configure(...lines: string[]): Promise<void>;
    /** The same host with the key in an agent and no key file. */
    agent(): Promise<{ PATH: string; SSH_AUTH_SOCK: string }>;
    /** The user comes to know the host by the key that it has now. */
    accept(): Promise<void>;
    /** Listens again, as another machine might at the same address. */
    changeHostKey(): Promise<void>;
    start(): Promise<void>;
    /** Cuts all connections as well. */
    stop(): Promise<void>;
    /** Ends it and the agent. */
    remove(): Promise<void>;
}

/** @param engine what `docker` talks to on the other side. */
export async function startSshd(parent: string, engine: string): Promise<Sshd> {
    const folder = join(parent, "ssh");
    await mkdir(folder, { mode: 0o700 });
    const [port, program] = await Promise.all([freePort(), find("sshd", "/usr/sbin/sshd")]);
    const files = { hostKey: join(folder, "host_key"), key: join(folder, "key"), knownHosts: join(folder, "known") };
    await Promise.all([makeKey(files.hostKey), makeKey(files.key)]);
    await writeFile(join(folder, "sshd_config"), await serverConfig(port, files, engine));
    await accept(files, port);
    // sshd of the superuser locks its children into this folder, which its package alone makes.
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

async function serverConfig(port: number, { hostKey, key }: Files, engine: string): Promise<string> {
    const path = [dirname(await find("docker", "/usr/bin/docker")), "/usr/local/bin", "/usr/bin", "/bin"].join(":");
    return [
        `Port ${port}`,
        "ListenAddress 127.0.0.1",
        `HostKey ${hostKey}`,
        `AuthorizedKeysFile ${key}.pub`,
        "PidFile none",
        "StrictModes no", // the folder above is everybody's
        "UsePAM no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin prohibit-password",
        `SetEnv PATH=${path} DOCKER_HOST=${engine}`,
        "",
    ].join("\n");
}

/** An `ssh` that is first on the PATH: OpenSSH itself takes its files from the password database's home, not `$HOME`. */
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

/** Where a program is, which for sshd is not always on the PATH. */
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

/** Each connection is a process, and outlives the one that listens. */
async function descendants(pid: number): Promise<number[]> {
    const { stdout } = await run("ps", ["-o", "pid=", "--ppid", String(pid)]);
    const children = stdout.split("\n").flatMap((line) => (line.trim() === "" ? [] : [Number(line)]));
    return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}

function kill(pid: number): void {
    try {
        process.kill(pid, "SIGKILL");
    } catch {
        // it ended by itself
    }
}
