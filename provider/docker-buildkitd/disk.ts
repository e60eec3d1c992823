import { stateFolder } from "../buildkit/stateFolder";
import type { Engine } from "../docker/engine";
import { execInContainer } from "../docker/exec";

/** The disk under the state of a buildkitd in a container, in bytes. */
export interface Disk {
    readonly size: number;
    readonly available: number;
}

/** Runs `df` in a running container; `undefined` if its image has none, or if the output cannot be read. */
export async function askDisk(engine: Engine, container: string): Promise<Disk | undefined> {
    const command = ["df", "-Pk", stateFolder];
    const result = await execInContainer(engine, container, command).catch(() => undefined);
    if (result?.exitCode !== 0) return undefined;
    // POSIX's own columns: the filesystem, its size, what is used, what is available, the share, the place
    const [, size, available] = /\s(\d+)\s+\d+\s+(\d+)\s+\d+%\s/.exec(result.stdout) ?? [];
    return size === undefined ? undefined : { size: Number(size) * 1024, available: Number(available) * 1024 };
}
