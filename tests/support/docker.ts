import Docker, { type ContainerInspectInfo, type VolumeInspectInfo } from "dockerode";
import { must, type RunOptions } from "./run";

export const docker = (args: string[], options?: RunOptions): Promise<string> => must("docker", args, options);

/**
 * Returns a client of an engine. One call takes a tenth of the processor time of a start of the docker CLI, and tests
 * make thousands of them.
 */
function engineAt(host = process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock"): Docker {
    const { protocol, pathname } = new URL(host);
    if (protocol !== "unix:") throw new Error(`tests reach an engine through its socket, not through ${host}`);
    return new Docker({ socketPath: pathname });
}

/** Returns the result of a call, or `undefined` if the engine does not have the object. */
const unlessMissing = <Result>(call: Promise<Result>): Promise<Result | undefined> =>
    call.catch((error: { statusCode?: number }) => {
        if (error.statusCode === 404) return undefined;
        throw error as Error;
    });

export const inspectContainer = (name: string, host?: string): Promise<ContainerInspectInfo | undefined> =>
    unlessMissing(engineAt(host).getContainer(name).inspect());

export const inspectVolume = (name: string, host?: string): Promise<VolumeInspectInfo | undefined> =>
    unlessMissing(engineAt(host).getVolume(name).inspect());

async function containersAndVolumes(part: string, host?: string): Promise<[containers: string[], volumes: string[]]> {
    const engine = engineAt(host);
    const filters = { name: [part] };
    const [containers, { Volumes: volumes }] = await Promise.all([
        engine.listContainers({ all: true, filters }),
        engine.listVolumes({ filters }),
    ]);
    return [containers.flatMap(({ Names: names }) => names.map((name) => name.slice(1))), namesOf(volumes)];
}

const namesOf = (volumes: readonly { Name: string }[] | null): string[] =>
    (volumes ?? []).map(({ Name: name }) => name).sort();

/** Returns the names of the containers and volumes whose name contains `part`. */
export const leftovers = async (part: string, host?: string): Promise<string[]> =>
    (await containersAndVolumes(part, host)).flat();

/** Removes what a test may have left behind on any engine, so that it does not affect another test. */
export async function removeLeftovers(part: string): Promise<void> {
    const { PULUMI_BUILDX_TEST_ENGINE: second } = process.env;
    await Promise.all([undefined, ...(second ? [second] : [])].map((host) => removeLeftoversAt(part, host)));
}

async function removeLeftoversAt(part: string, host: string | undefined): Promise<void> {
    const [containers, volumes] = await containersAndVolumes(part, host);
    const engine = engineAt(host);
    const unlessGone = (call: Promise<unknown>) => call.catch(() => {}); // a program that the test killed may still run
    await Promise.all(containers.map((name) => unlessGone(engine.getContainer(name).remove({ force: true, v: true }))));
    await Promise.all(volumes.map((name) => unlessGone(engine.getVolume(name).remove({ force: true }))));
}

/** Returns this machine's address as seen by containers on the engine's default network. */
export const bridgeAddress = async (): Promise<string> =>
    (await docker(["network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", "bridge"])).trim();
