/** Helpers that build commands for a user's shell. */
import type { EngineFacts } from "../machine/facts";

/** Quotes a word for a POSIX shell. */
export const quote = (word: string): string =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;

/**
 * Returns `docker` with the options that select an engine; no options for the engine that the docker CLI uses by
 * default.
 */
export function dockerAt({ isCurrent, addresses, host }: EngineFacts): string {
    if (isCurrent) return "docker";
    const address = addresses[0] ?? host;
    return /:\/\//.test(address) ? `docker --host ${quote(address)}` : `docker --context ${quote(address)}`;
}

/** Returns a command that only the superuser may run, with `sudo` for other users. */
export const asRoot = (command: string, uid: number | undefined): string => (uid === 0 ? command : `sudo ${command}`);
