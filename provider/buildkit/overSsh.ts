/** A buildkitd behind `ssh://`: the user's own `ssh` runs `buildctl` on the host, as buildx does. */
import { sshArguments } from "../ssh/call";
import { sshMayBeStarting, whySshRefused } from "../ssh/failure";
import { lastLine } from "../text/lastLine";
import type { Buildctl } from "./buildctl";
import { attemptTimeout, DaemonError, startDaemon } from "./daemon";
import { runProgram } from "./program";

/** How a `buildctl` on another host is run, and how long one run may take. */
export interface SshBuildctl {
    readonly buildctl: Buildctl;
    /** In milliseconds. */
    readonly timeout: number;
}

/** @param address `ssh://[user@]host[:port][/path of the socket]`. */
export async function overSsh(address: string): Promise<SshBuildctl> {
    const { userTimeout = 0 } = await sshArguments(address, () => []);
    return {
        buildctl: {
            name: address,
            where: address,
            run: async (args, signal) => {
                const commandFor = (socket: string) => [
                    "buildctl",
                    ...(socket === "" ? [] : ["--addr", `unix://${socket}`]),
                    ...args.map(quoteForShell),
                ];
                const call = await sshArguments(address, commandFor);
                return runProgram("ssh", call.args, signal);
            },
        },
        timeout: Math.max(attemptTimeout, (userTimeout + 1) * 1000),
    };
}

/** Returns an argument as the remote shell reads it. `ssh` joins all arguments with spaces. */
const quoteForShell = (argument: string): string =>
    /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;

/** Returns the error for a run of `buildctl` that failed, from its output or the error of `ssh`. */
export function sshFailure(address: string, output: string): DaemonError {
    const refused = whySshRefused(output, new URL(address));
    if (refused !== undefined) return new DaemonError(refused, { mayBeStarting: false });
    const last = lastLine(output);
    if (/\bssh\b.*ENOENT/.test(output))
        return new DaemonError("ssh is not on the PATH. Install OpenSSH's client", { mayBeStarting: false });
    if (/buildctl.*not found|not found.*buildctl/i.test(output)) {
        const advice = "Install buildctl there, on the PATH of this user's ssh sessions";
        return new DaemonError(`${last}. ${advice}`, { mayBeStarting: false });
    }
    if (/buildkitd\.sock.*permission denied|permission denied.*\.sock/i.test(output)) {
        const advice = "Give the user of the ssh session access to the socket";
        return new DaemonError(`${last}. ${advice}`, { mayBeStarting: false });
    }
    const isDaemonStarting = /connection refused|no such file|connect: |context deadline exceeded/i.test(output);
    return new DaemonError(`${last}. ${startDaemon}`, { mayBeStarting: isDaemonStarting || sshMayBeStarting(output) });
}
