/** Loads dockerode, the client of the Engine API, without the half of it that this package does not call. */
import { createRequire } from "node:module";
import type Dockerode from "dockerode";

/**
 * Modules of the client that load gRPC, for builds by the engine itself, and an SSH client in place of the user's
 * `ssh`. They take more than half of the client's load time. Each module exports one function.
 */
const rarelyCalled = ["dockerode/lib/session", "docker-modem/lib/ssh"];

/** Loads the client. The modules in {@link rarelyCalled} are loaded when they are first called. */
export async function loadClient(): Promise<typeof Dockerode> {
    // Resolves the client's own docker-modem, in whichever folder npm installed it.
    const fromClient = createRequire(require.resolve("dockerode"));
    for (const name of rarelyCalled) loadWhenCalled(fromClient, fromClient.resolve(name));
    return (await import("dockerode")).default;
}

/** Replaces a module that is not loaded yet with a function that loads the module when it is called. */
function loadWhenCalled(load: NodeJS.Require, path: string): void {
    if (load.cache[path] !== undefined) return;
    const standIn = (...args: unknown[]): unknown => {
        if (load.cache[path]?.exports === standIn) delete load.cache[path];
        return (load(path) as (...args: unknown[]) => unknown)(...args);
    };
    load.cache[path] = { id: path, filename: path, path: "", loaded: true, exports: standIn } as NodeJS.Module;
}
