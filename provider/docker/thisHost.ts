/** What an engine that is on this machine does not tell of, and builders with GPUs depend on. */
import { access, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Endpoint } from "./endpoint";

/**
 * Where WSL's libraries are, on the host and in a container: without them a GPU is of no use there (buildx:
 * `driver/docker-container/driver.go`, `create`).
 */
export const wslLibraries = "/usr/lib/wsl";

/** Whether this machine is a distribution in WSL that has them, and the engine is on this machine. */
export async function hasWslLibraries({ host }: Endpoint): Promise<boolean> {
    if (!process.env.WSL_DISTRO_NAME || !/^(unix|npipe|fd):\/\//.test(host)) return false;
    return stat(wslLibraries).then(
        (found) => found.isDirectory(),
        () => false,
    );
}

/** Programs in whose presence an engine takes its host for one with GPUs (moby: `daemon/nvidia_linux.go`). */
const hooks = ["nvidia-container-runtime-hook", "amd-container-runtime"];

/** Whether this machine has such a program and the engine is on this machine. */
export async function hasGpuHook({ host }: Endpoint): Promise<boolean> {
    if (!host.startsWith("unix://")) return false;
    const folders = new Set(["/usr/bin", "/usr/local/bin", ...(process.env.PATH ?? "").split(":")]);
    const paths = [...folders].flatMap((folder) => hooks.map((hook) => join(folder, hook)));
    const found = await Promise.all(
        paths.map((path) =>
            access(path).then(
                () => true,
                () => false,
            ),
        ),
    );
    return found.includes(true);
}
