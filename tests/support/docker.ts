import type { ContainerInspectInfo, VolumeInspectInfo } from "dockerode";
import { must, type RunOptions, run } from "./run";

export const docker = (args: string[], options?: RunOptions): Promise<string> => must("docker", args, options);

export async function inspectContainer(name: string): Promise<ContainerInspectInfo | undefined> {
    const { code, stdout } = await run("docker", ["container", "inspect", name]);
    return code === 0 ? JSON.parse(stdout)[0] : undefined;
}

export async function inspectVolume(name: string): Promise<VolumeInspectInfo | undefined> {
    const { code, stdout } = await run("docker", ["volume", "inspect", name]);
    return code === 0 ? JSON.parse(stdout)[0] : undefined;
}

/** Names of containers and volumes whose name holds `part`. */
export async function leftovers(part: string): Promise<string[]> {
    const [containers, volumes] = await Promise.all([
        docker(["ps", "--all", "--filter", `name=${part}`, "--format", "{{.Names}}"]),
        docker(["volume", "ls", "--quiet", "--filter", `name=${part}`]),
    ]);
    return [...containers.split("\n"), ...volumes.split("\n")].filter((name) => name !== "");
}

/** Removes what a test may have left behind, so that none stands in the way of another. */
export async function removeLeftovers(part: string): Promise<void> {
    const names = await leftovers(part);
    if (names.length === 0) return;
    await run("docker", ["rm", "--force", "--volumes", ...names]);
    await run("docker", ["volume", "rm", "--force", ...names]);
}
