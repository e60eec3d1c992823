/**
 * An engine behind ssh, reached as the docker CLI reaches it: the user's own `ssh`, with its agent, keys, configuration
 * and `known_hosts`, runs `docker system dial-stdio` there (docker/cli `cli/connhelper`).
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { Agent } from "node:http";
import { Duplex } from "node:stream";

/** Seconds until a host that does not answer is given up, where the user's configuration does not say. */
const connectTimeout = 7;

/** Connections at once: sshd refuses some where more than ten are being made (`MaxStartups`). */
const maxConnections = 5;

/** Connections that HTTP requests go through, each one an `ssh` that stays until it has been idle for a while. */
export class SshAgent extends Agent {
    readonly #command: string[];

    private constructor(
        command: string[],
        /** Seconds that the user's own configuration gives a connection; `undefined` where it says nothing. */
        readonly userTimeout: number | undefined,
    ) {
        super({ keepAlive: true, maxSockets: maxConnections });
        this.#command = command;
    }

    /** @param host `ssh://[user@]host[:port][/path of the socket]`; throws where it is none. */
    static async to(host: string): Promise<SshAgent> {
        const { destination, command } = sshArguments(host);
        const userTimeout = await userConnectTimeout(destination);
        // What stands on the command line overrules the user's configuration.
        const timeout = userTimeout === undefined ? ["-o", `ConnectTimeout=${connectTimeout}`] : [];
        return new SshAgent([...fixedOptions, ...timeout, ...destination, ...command], userTimeout);
    }

    override createConnection(): Duplex {
        return new SshConnection(this.#command);
    }
}

/**
 * What must not be otherwise: nobody is there to answer a question, and a terminal would change what goes through it. All
 * else is up to the user's configuration, as `StrictHostKeyChecking`: without one ssh asks about a host key that it does not
 * know, and so refuses it here.
 */
const fixedOptions = ["-o", "BatchMode=yes", "-T"];

/** The `ConnectTimeout` that the user's configuration has for a host, in seconds (`ssh -G`). */
const userConnectTimeout = (destination: string[]): Promise<number | undefined> =>
    new Promise((resolve) => {
        execFile("ssh", ["-G", ...destination], { timeout: 2000 }, (_, stdout) => {
            const [, seconds] = /^connecttimeout (\d+)\s*$/m.exec(stdout) ?? [];
            resolve(seconds === undefined ? undefined : Number(seconds));
        });
    });

/** The arguments by which a host is named, and the command that is run there. */
function sshArguments(host: string): { destination: string[]; command: string[] } {
    const { username, password, hostname, port, pathname } = new URL(host);
    const wrong = (why: string) => new Error(`${host.replace(/:[^@/]*@/, "@")} cannot be used: ${why}`);
    if (password) throw wrong("a password does not belong in it; use a key or the agent");
    if (hostname === "" || hostname.startsWith("-")) throw wrong("it names no host");
    const socket = pathname.replace(/^\/+$/, "");
    // It becomes a part of a command that the shell on the other side reads.
    if (!/^[\w./-]*$/.test(socket))
        throw wrong(`the socket's path ${socket} holds more than letters, digits, ., _ and -`);
    return {
        destination: [
            ...(username ? ["-l", decodeURIComponent(username)] : []),
            ...(port ? ["-p", port] : []),
            ...["--", hostname.replace(/^\[|\]$/g, "")],
        ],
        command: ["docker", ...(socket ? [`--host=unix://${socket}`] : []), "system", "dial-stdio"],
    };
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
