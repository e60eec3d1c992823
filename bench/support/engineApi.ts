/** What the engine alone needs for a builder: the same container, by direct calls of the Engine API. */
import { once } from "node:events";
import type Docker from "dockerode";
import type { ContainerCreateOptions, ContainerInspectInfo } from "dockerode";
import { findEndpoint } from "../../provider/docker/endpoint/endpoint";
import { connect } from "../../provider/docker/engine/engine";
import { containerOf, volumeOf } from "../../tests/support/state";

export const openEngine = async (): Promise<Docker> => (await connect(await findEndpoint())).api;

/** Returns how to create the containers of builders with other names, from the container of a builder. */
export async function likeBuilder(api: Docker, builder: string): Promise<(name: string) => ContainerCreateOptions> {
    const found = await api.getContainer(containerOf(builder)).inspect();
    return (name) => optionsLike(found, volumeOf(builder), name);
}

function optionsLike(
    { Config: config, HostConfig: host }: ContainerInspectInfo,
    volume: string,
    name: string,
): ContainerCreateOptions {
    const { Hostname: _, ...rest } = config;
    const mounts = host.Mounts?.map((mount) =>
        mount.Source === volume ? { ...mount, Source: volumeOf(name) } : mount,
    );
    const binds = host.Binds?.map((bind: string) => bind.replace(volume, volumeOf(name)));
    const HostConfig = { ...host, ...(mounts && { Mounts: mounts }), ...(binds && { Binds: binds }) };
    return { ...rest, HostConfig, name: containerOf(name) };
}

/** Creates and starts a container with a new volume. Returns once buildkitd in the container responds. */
export async function bootContainer(api: Docker, name: string, options: ContainerCreateOptions): Promise<void> {
    await api.createVolume({ Name: volumeOf(name) });
    const container = await api.createContainer(options);
    await container.start();
    const log = (await container.logs({ follow: true, stdout: true, stderr: true })) as NodeJS.ReadableStream &
        Partial<{ destroy(): void }>;
    await once(log, "data"); // a query before the first line fails, and costs the processor more than it saves
    log.destroy?.();
    while (!(await responds(container)));
}

async function responds(container: Docker.Container): Promise<boolean> {
    const exec = await container.exec({
        Cmd: ["buildctl", "debug", "workers"],
        AttachStdout: true,
        AttachStderr: true,
    });
    const output = await exec.start({});
    for await (const _ of output);
    return (await exec.inspect()).ExitCode === 0;
}

export async function removeContainer(api: Docker, name: string): Promise<void> {
    await api.getContainer(containerOf(name)).remove({ force: true });
    await api.getVolume(volumeOf(name)).remove();
}

/** Changes the memory limit of a container. */
export const limitMemory = (api: Docker, name: string, bytes: number): Promise<unknown> =>
    api.getContainer(containerOf(name)).update({ Memory: bytes, MemorySwap: -1 });

/** Reads what tells whether a builder is unchanged: its container and its volume. */
export const inspectBuilder = (api: Docker, name: string): Promise<unknown> =>
    Promise.all([api.getContainer(containerOf(name)).inspect(), api.getVolume(volumeOf(name)).inspect()]);
