/** Runs a command on another host with the user's own `ssh`, with its agent, keys, configuration and `known_hosts`. */
import { execFile } from "node:child_process";

/** Connection timeout in seconds, if the user's configuration sets none. */
const connectTimeout = 7;

export const noSshPassword = "a password is not supported in an ssh:// endpoint: use a key or the ssh agent";

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
