/** WSL's libraries, without which a GPU is of no use there (buildx: `driver/docker-container/driver.go`, `create`). */
import { stat } from "node:fs/promises";
import type { Endpoint } from "./endpoint";

/** Where they are, on the host and in a container. */
export const wslLibraries = "/usr/lib/wsl";

/** Whether this machine is a distribution in WSL that has them, and the engine is on this machine. */
export async function hasWslLibraries({ host }: Endpoint): Promise<boolean> {
    if (!process.env.WSL_DISTRO_NAME || !/^(unix|npipe|fd):\/\//.test(host)) return false;
    return stat(wslLibraries).then(
        (found) => found.isDirectory(),
        () => false,
    );
}
