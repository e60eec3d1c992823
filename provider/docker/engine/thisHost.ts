/** Properties of this machine that builders with GPUs depend on, and that an engine on it does not report. */
import { access, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Endpoint } from "../endpoint/endpoint";

/**
 * Folder of WSL's libraries, on the host and in a container. Without these libraries, a container cannot use a GPU in
 * WSL (buildx: `driver/docker-container/driver.go`, `create`).
 */
export const wslLibraries = "/usr/lib/wsl";

/** Whether this machine is a WSL distribution with {@link wslLibraries}, and the engine is on this machine. */
export async function hasWslLibraries({ host }: Endpoint): Promise<boolean> {
    if (!process.env.WSL_DISTRO_NAME || !/^(unix|npipe|fd):\/\//.test(host)) return false;
    return stat(wslLibraries).then(
        (found) => found.isDirectory(),
        () => false,
    );
}

/** Programs from whose presence an engine concludes that its host has GPUs (moby: `daemon/nvidia_linux.go`). */
const hooks = ["nvidia-container-runtime-hook", "amd-container-runtime"];

/** Whether this machine has one of the programs in {@link hooks}, and the engine is on this machine. */
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
