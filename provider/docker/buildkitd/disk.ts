import { stateFolder } from "../../buildkit/stateFolder";
import type { Engine } from "../engine/engine";
import { execInContainer } from "../engine/exec";

/** The disk that contains the state of a buildkitd in a container. Sizes are in bytes. */
export interface Disk {
    readonly size: number;
    readonly available: number;
}

/** Runs `df` in a running container. Returns `undefined` if its image has no `df` or the output cannot be parsed. */
export async function queryDisk(engine: Engine, container: string): Promise<Disk | undefined> {
    const command = ["df", "-Pk", stateFolder];
    const result = await execInContainer(engine, container, command).catch(() => undefined);
    if (result?.exitCode !== 0) return undefined;
    // POSIX columns: file system, size, used, available, used in percent, mount point
    const [, size, available] = /\s(\d+)\s+\d+\s+(\d+)\s+\d+%\s/.exec(result.stdout) ?? [];
    return size === undefined ? undefined : { size: Number(size) * 1024, available: Number(available) * 1024 };
}
