/** Commands for a user's shell. */
import type { EngineFacts } from "../machine/facts";

/** A word as a POSIX shell takes it. */
export const quote = (word: string): string =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;

/** `docker` for an engine; without a word on which where the docker CLI uses that one anyway. */
export function dockerAt({ isCurrent, addresses, host }: EngineFacts): string {
    if (isCurrent) return "docker";
    const address = addresses[0] ?? host;
    return /:\/\//.test(address) ? `docker --host ${quote(address)}` : `docker --context ${quote(address)}`;
}

/** A command that only the superuser may run. */
export const asRoot = (command: string, uid: number | undefined): string => (uid === 0 ? command : `sudo ${command}`);
