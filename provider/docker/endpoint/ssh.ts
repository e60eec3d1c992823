/**
 * Connections to an engine over ssh, as in the docker CLI. The user's own `ssh`, with its agent, keys, configuration
 * and `known_hosts`, runs `docker system dial-stdio` on the engine's host (docker/cli `cli/connhelper`).
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Agent } from "node:http";
import { Duplex } from "node:stream";
import { sshArguments } from "../../ssh/call";

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
