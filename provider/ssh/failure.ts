/** Explains why a command on another host fails, from the output of `ssh`. */
import { lastLine } from "../text/lastLine";

/** Whether a machine may still be starting, from the output of `ssh`. */
export const sshMayBeStarting = (output: string): boolean => sshStarting.test(output) && !sshRefused.test(output);

/** Messages of OpenSSH, of the login on a booting machine, and of a docker that is being installed or started there. */
const sshStarting = new RegExp(
    [
        "connection (?:refused|timed out|reset|closed)|operation timed out|no route to host|network is unreachable",
        "host is down|could not resolve hostname|kex_exchange_identification|banner exchange|broken pipe",
        "system is booting up|pam_nologin",
        "docker: .*not found|docker: no such file|cannot connect to the docker daemon|docker\\.sock: connect: ",
    ].join("|"),
    "i",
);

const sshRefused = /host key verification failed|host identification has changed|host key is known|permission denied/i;

/** Returns why `ssh` rejects a host or is not let in, from its output, and what to do. `undefined` for other reasons. */
export function whySshRefused(output: string, { hostname, port }: URL): string | undefined {
    const last = lastLine(output);
    const name = port === "" ? hostname : `[${hostname}]:${port}`;
    if (/HOST IDENTIFICATION HAS CHANGED/.test(output))
        return `the host key differs from the key in known_hosts (${last}). Ask the administrator of the host. If the key was changed intentionally, connect once with ssh to accept the new key, after removing the old key with: ssh-keygen -R "${name}"`;
    if (/Host key verification failed|No .* host key is known/.test(output))
        return `the host key is not in known_hosts (${last}). Connect once with ssh to check and accept the key`;
    if (/Permission denied/.test(output))
        return `${last}. ssh must log in without a prompt: add the key to the agent, or set its file in ~/.ssh/config`;
    return undefined;
}
