/**
 * An engine behind ssh, reached as the docker CLI reaches it: the user's own `ssh`, with its agent, keys, configuration
 * and `known_hosts`, runs `docker system dial-stdio` there (docker/cli `cli/connhelper`).
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Agent } from "node:http";
import { Duplex } from "node:stream";

/** Seconds until a host that does not answer is given up. */
const connectTimeout = 7;

/** Connections at once: sshd refuses some where more than ten are being made (`MaxStartups`). */
const maxConnections = 5;

/** Connections that HTTP requests go through, each one an `ssh` that stays until it has been idle for a while. */
export class SshAgent extends Agent {
    readonly #command: string[];

    /** @param host `ssh://[user@]host[:port][/path of the socket]`; throws where it is none. */
    constructor(host: string) {
        super({ keepAlive: true, maxSockets: maxConnections });
        this.#command = sshArguments(host);
    }

    override createConnection(): Duplex {
        return new SshConnection(this.#command);
    }
}

function sshArguments(host: string): string[] {
    const { username, password, hostname, port, pathname } = new URL(host);
    const wrong = (why: string) => new Error(`${host.replace(/:[^@/]*@/, "@")} cannot be used: ${why}`);
    if (password) throw wrong("a password does not belong in it; use a key or the agent");
    if (hostname === "" || hostname.startsWith("-")) throw wrong("it names no host");
    const socket = pathname.replace(/^\/+$/, "");
    // It becomes a part of a command that the shell on the other side reads.
    if (!/^[\w./-]*$/.test(socket))
        throw wrong(`the socket's path ${socket} holds more than letters, digits, ., _ and -`);
    return [
        ...["-o", "BatchMode=yes", "-o", `ConnectTimeout=${connectTimeout}`, "-o", "StrictHostKeyChecking=yes", "-T"],
        ...(username ? ["-l", decodeURIComponent(username)] : []),
        ...(port ? ["-p", port] : []),
        ...["--", hostname.replace(/^\[|\]$/g, "")],
        ...(socket ? ["docker", `--host=unix://${socket}`] : ["docker"]),
        ...["system", "dial-stdio"],
    ];
}

/** The two streams of an `ssh` as one, which is all that an HTTP request needs of a socket. */
class SshConnection extends Duplex {
    readonly #ssh: ChildProcessWithoutNullStreams;

    constructor(command: string[]) {
        super();
        const ssh = spawn("ssh", command);
        this.#ssh = ssh;
        let said = "";
        ssh.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
        ssh.stdout.on("data", (chunk: Buffer) => {
            if (!this.push(chunk)) ssh.stdout.pause();
        });
        ssh.stdin.on("error", () => {}); // it ended: told below
        ssh.once("error", (error) => this.destroy(new Error(`ssh cannot be run: ${error.message}`)));
        ssh.once("close", (code) => {
            if (code === 0) this.push(null);
            else this.destroy(new Error(`ssh: ${said.trim().replace(/^ssh: /, "") || `it ended with ${code}`}`));
        });
    }

    override _read(): void {
        this.#ssh.stdout.resume();
    }

    override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
        this.#ssh.stdin.write(chunk, () => done());
    }

    override _final(done: () => void): void {
        this.#ssh.stdin.end(done);
    }

    override _destroy(error: Error | null, done: (error: Error | null) => void): void {
        this.#ssh.kill();
        done(error);
    }

    // What Node.js asks of a network's socket; an idle connection must not keep the program from ending.
    setTimeout = (): this => this;
    setNoDelay = (): this => this;
    setKeepAlive = (): this => this;
    ref = (): this => this.#each("ref");
    unref = (): this => this.#each("unref");

    #each(change: "ref" | "unref"): this {
        const { stdin, stdout, stderr } = this.#ssh as unknown as Record<string, { ref(): void; unref(): void }>;
        for (const each of [this.#ssh, stdin, stdout, stderr]) each?.[change]();
        return this;
    }
}
