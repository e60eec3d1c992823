/** The client of the Engine API, dockerode, without the half of it that nothing here calls. */
import { createRequire } from "node:module";
import type Dockerode from "dockerode";

/**
 * Modules of the client that bring gRPC, for builds by the engine itself, and an SSH client of its own in place of the
 * user's `ssh`: more than half of the time that it takes to load. Each exports one function.
 */
const seldomCalled = ["dockerode/lib/session", "docker-modem/lib/ssh"];

/** Loads the client; what is seldom called, with its first call. */
export async function loadClient(): Promise<typeof Dockerode> {
    const fromClient = createRequire(require.resolve("dockerode")); // whose modem it is, wherever npm put that
    for (const name of seldomCalled) loadWhenCalled(fromClient, fromClient.resolve(name));
    return (await import("dockerode")).default;
}

/** Puts a function in the place of a module that is not loaded yet, which loads it. */
function loadWhenCalled(load: NodeJS.Require, path: string): void {
    if (load.cache[path] !== undefined) return;
    const standIn = (...args: unknown[]): unknown => {
        if (load.cache[path]?.exports === standIn) delete load.cache[path];
        return (load(path) as (...args: unknown[]) => unknown)(...args);
    };
    load.cache[path] = { id: path, filename: path, path: "", loaded: true, exports: standIn } as NodeJS.Module;
}
