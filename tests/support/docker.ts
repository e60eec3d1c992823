import type { ContainerInspectInfo, VolumeInspectInfo } from "dockerode";
import { must, type RunOptions, run } from "./run";

export const docker = (args: string[], options?: RunOptions): Promise<string> => must("docker", args, options);

/**
 * Returns docker's arguments for one of several engines; without a host, for the engine that docker uses by default.
 */
const at = (host: string | undefined, ...args: string[]) => (host === undefined ? args : ["--host", host, ...args]);

export async function inspectContainer(name: string, host?: string): Promise<ContainerInspectInfo | undefined> {
    const { code, stdout } = await run("docker", at(host, "container", "inspect", name));
    return code === 0 ? JSON.parse(stdout)[0] : undefined;
}

export async function inspectVolume(name: string, host?: string): Promise<VolumeInspectInfo | undefined> {
    const { code, stdout } = await run("docker", at(host, "volume", "inspect", name));
    return code === 0 ? JSON.parse(stdout)[0] : undefined;
}

/** Returns the names of the containers and volumes whose name contains `part`. */
export async function leftovers(part: string, host?: string): Promise<string[]> {
    const [containers, volumes] = await Promise.all([
        docker(at(host, "ps", "--all", "--filter", `name=${part}`, "--format", "{{.Names}}")),
        docker(at(host, "volume", "ls", "--quiet", "--filter", `name=${part}`)),
    ]);
    return [...containers.split("\n"), ...volumes.split("\n")].filter((name) => name !== "");
}

/** Removes what a test may have left behind on any engine, so that it does not affect another test. */
export async function removeLeftovers(part: string): Promise<void> {
    const { PULUMI_BUILDX_TEST_ENGINE: second } = process.env;
    await Promise.all([undefined, ...(second ? [second] : [])].map((host) => removeLeftoversAt(part, host)));
}

async function removeLeftoversAt(part: string, host: string | undefined): Promise<void> {
    const names = await leftovers(part, host);
    if (names.length === 0) return;
    await run("docker", at(host, "rm", "--force", "--volumes", ...names));
    await run("docker", at(host, "volume", "rm", "--force", ...names));
}

/** Returns this machine's address as seen by containers on the engine's default network. */
export const bridgeAddress = async (): Promise<string> =>
    (await docker(["network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", "bridge"])).trim();
