/**
 * Connections to an engine over ssh, as in the docker CLI. The user's own `ssh`, with its agent, keys, configuration
 * and `known_hosts`, runs `docker system dial-stdio` on the engine's host (docker/cli `cli/connhelper`).
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { Agent } from "node:http";
import { Duplex } from "node:stream";
import { noSshPassword } from "./endpoint";

/** Connection timeout in seconds, if the user's configuration sets none. */
const connectTimeout = 7;

/** Maximum number of concurrent connections. sshd refuses some if more than ten are being opened (`MaxStartups`). */
const maxConnections = 5;

/** Connections for HTTP requests. Each connection is an `ssh` process that runs until it has been idle for a while. */
export class SshAgent extends Agent {
    readonly #command: string[];

    private constructor(
        command: string[],
        /** Connection timeout in the user's configuration, in seconds; `undefined` if it sets none. */
        readonly userTimeout: number | undefined,
    ) {
        super({ keepAlive: true, maxSockets: maxConnections });
        this.#command = command;
    }

    /**
     * Creates an agent for a host.
     *
     * @param host `ssh://[user@]host[:port][/path of the socket]`.
     * @throws {Error} if `host` is not of that form.
     */
    static async to(host: string): Promise<SshAgent> {
        const dialStdio = (socket: string) => [
            "docker",
            ...(socket ? [`--host=unix://${socket}`] : []),
            "system",
            "dial-stdio",
        ];
        const { args, userTimeout } = await sshArguments(host, dialStdio);
        return new SshAgent(args, userTimeout);
    }

    override createConnection(): Duplex {
        return new SshConnection(this.#command);
    }
}

/**
 * Options that the user's configuration cannot change: nobody is there to answer a prompt, and a terminal would change
 * the data. The user's configuration sets all other options, such as `StrictHostKeyChecking`. If it does not set that
 * option, ssh would prompt about an unknown host key, and so rejects the key here.
 */
const fixedOptions = ["-o", "BatchMode=yes", "-T"];

/** Returns the `ConnectTimeout` that the user's configuration sets for a host, in seconds (`ssh -G`). */
const userConnectTimeout = (destination: string[]): Promise<number | undefined> =>
    new Promise((resolve) => {
        execFile("ssh", ["-G", ...destination], { timeout: 2000 }, (_, stdout) => {
            const [, seconds] = /^connecttimeout (\d+)\s*$/m.exec(stdout) ?? [];
            resolve(seconds === undefined ? undefined : Number(seconds));
        });
    });

/** How `ssh` is called. */
export interface SshCall {
    /** The arguments of `ssh`. */
    readonly args: string[];
    /** Connection timeout in the user's configuration, in seconds; `undefined` if it sets none. */
    readonly userTimeout: number | undefined;
}

/**
 * Returns the call of `ssh` that runs a command on a host.
 *
 * @param host `ssh://[user@]host[:port][/path of the socket]`.
 * @param commandFor returns the command for the path of the socket, which is empty if `host` has none. The remote shell
 *   parses the command.
 * @throws {Error} if `host` is not of that form.
 */
export async function sshArguments(host: string, commandFor: (socket: string) => readonly string[]): Promise<SshCall> {
    const { destination, socket } = sshDestination(host);
    const userTimeout = await userConnectTimeout(destination);
    // Options on the command line override the user's configuration.
    const timeout = userTimeout === undefined ? ["-o", `ConnectTimeout=${connectTimeout}`] : [];
    return { args: [...fixedOptions, ...timeout, ...destination, ...commandFor(socket)], userTimeout };
}

/**
 * Returns the arguments that name a host, and the path of the socket on it.
 *
 * @throws {Error} if `host` is not `ssh://[user@]host[:port][/path of the socket]`.
 */
export function sshDestination(host: string): { destination: string[]; socket: string } {
    const { username, password, hostname, port, pathname } = new URL(host);
    const wrong = (why: string) => new Error(`${host.replace(/:[^@/]*@/, "@")} is not a valid ssh endpoint: ${why}`);
    if (password) throw wrong(noSshPassword);
    if (hostname === "" || hostname.startsWith("-")) throw wrong("it has no host name");
    const socket = pathname.replace(/^\/+$/, "");
    // The path becomes a part of a command that the remote shell parses.
    if (!/^[\w./-]*$/.test(socket))
        throw wrong(`the socket's path ${socket} must contain only letters, digits, /, ., _ and -`);
    return {
        destination: [
            ...(username ? ["-l", decodeURIComponent(username)] : []),
            ...(port ? ["-p", port] : []),
            ...["--", hostname.replace(/^\[|\]$/g, "")],
        ],
        socket,
    };
}

/** The two streams of an `ssh` process as one stream, which is all that an HTTP request needs of a socket. */
class SshConnection extends Duplex {
    readonly #ssh: ChildProcessWithoutNullStreams;

    constructor(command: string[]) {
        super();
        const ssh = spawn("ssh", command);
        this.#ssh = ssh;
        let output = "";
        ssh.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
        ssh.stdout.on("data", (chunk: Buffer) => {
            if (!this.push(chunk)) ssh.stdout.pause();
        });
        ssh.stdin.on("error", () => {}); // ssh exited: reported below
        ssh.once("error", (error) => this.destroy(new Error(`ssh cannot be started: ${error.message}`)));
        ssh.once("close", (code) => {
            if (code === 0) this.push(null);
            else
                this.destroy(new Error(`ssh: ${output.trim().replace(/^ssh: /, "") || `it exited with code ${code}`}`));
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

    // Methods of a network socket that Node.js calls. An idle connection must not keep the program from exiting.
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
