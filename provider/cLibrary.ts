/** Functions of the C library that Node.js does not offer. */

/** Values of Linux's <linux/fcntl.h>. */
const F_SETPIPE_SZ = 1031;

export interface CLibrary {
    /** `flock(2)`. Returns 0 if it succeeded. */
    readonly flock: (fd: number, operation: number) => number;
    /** Changes how many bytes a pipe holds (`fcntl(2)`, Linux only). Returns -1 if it failed; the pipe then is as before. */
    readonly setPipeSize: (fd: number, bytes: number) => number;
}

let loaded: Promise<CLibrary> | undefined;

/**
 * Loads the C library with koffi.
 *
 * @throws {Error} if koffi is not installed for this machine.
 */
export const loadCLibrary = (): Promise<CLibrary> => (loaded ??= load());

async function load(): Promise<CLibrary> {
    const library = (await import("koffi")).default.load(null);
    const flock = library.func("int flock(int fd, int operation)") as CLibrary["flock"];
    const fcntl = library.func("int fcntl(int fd, int command, ...)") as (
        fd: number,
        command: number,
        ...typedArguments: unknown[]
    ) => number;
    return { flock, setPipeSize: (fd, bytes) => fcntl(fd, F_SETPIPE_SZ, "int", bytes) };
}
