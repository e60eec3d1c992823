/** The GPUs of an engine's host, as buildx asks for them (buildx: `driver/docker-container/driver.go`, `hasGPUCapability`). */
import type { ContainerCreateOptions, ContainerInspectInfo, DeviceRequest } from "dockerode";
import { removeContainer } from "./container";
import { type Engine, type EngineTraits, statusOf } from "./engine";
import { refusedGpusLabel } from "./ownership";

/** What `docker run --gpus all` asks for. */
export const allGpus: DeviceRequest = {
    Driver: "",
    Count: -1,
    DeviceIDs: null as unknown as string[],
    Capabilities: [["gpu"]],
    Options: {},
};

/** Which GPUs a container was made with: `all` of them, `none`, or `other` requests for devices. */
export function gpusOf({ HostConfig: { DeviceRequests: requests } }: ContainerInspectInfo): "all" | "none" | "other" {
    const [first, ...more] = (requests as DeviceRequest[] | null | undefined) ?? [];
    if (first === undefined) return "none";
    const { Driver: driver, Count: count, DeviceIDs: ids, Capabilities: capabilities } = first;
    const isAll = count === -1 && (ids ?? []).length === 0 && JSON.stringify(capabilities) === '[["gpu"]]';
    return more.length === 0 && isAll && !driver ? "all" : "other";
}

/**
 * Whether an engine seems to have GPUs: a runtime for them, devices that it found by itself (CDI, from Docker 28.3 on), or
 * a program for them beside it. Only a container shows whether it has them: {@link givesGpus}.
 */
export const tellsOfGpus = ({
    Runtimes: runtimes,
    DiscoveredDevices: devices,
    hasGpuHook: hook,
}: EngineTraits): boolean =>
    hook === true ||
    Object.keys(runtimes ?? {}).some((name) => name === "nvidia" || name === "amd") ||
    (devices ?? []).some(({ ID: id }) => /\/gpu=/.test(id ?? ""));

/**
 * Whether an engine gives a container its GPUs. The API cannot tell, so that a container is started with them, which ends
 * at once. It is asked once in the life of this process.
 *
 * @param image that has `/bin/true`, as BuildKit's image does.
 * @param name of that container.
 */
export const givesGpus = (engine: Engine, image: string, name: string): Promise<boolean> =>
    engine.answers.share("gpus", Infinity, async () => {
        const options = {
            name,
            Image: image,
            Entrypoint: ["/bin/true"],
            HostConfig: { NetworkMode: "none", AutoRemove: true, DeviceRequests: [allGpus] },
        };
        try {
            const create = () => engine.api.createContainer(options);
            const container = await create().catch(async (error: unknown) => {
                if (statusOf(error) !== 409) throw error;
                await removeContainer(engine, name); // left by a process that was killed
                return create();
            });
            await container.start();
            return true;
        } catch (error) {
            if (statusOf(error) === undefined) throw error; // no answer
            return false;
        } finally {
            await removeContainer(engine, name).catch(() => undefined);
        }
    });

/** A container's options, without the GPUs that it is to have and the engine does not give it: a label says so then. */
export async function withoutRefusedGpus(
    engine: Engine,
    options: ContainerCreateOptions,
): Promise<ContainerCreateOptions> {
    const {
        name = "",
        Image: image = "",
        Labels: labels,
        HostConfig: { DeviceRequests: gpus, ...host } = {},
    } = options;
    if (gpus === undefined || (await givesGpus(engine, image, `${name}_gpus`))) return options;
    return { ...options, HostConfig: host, Labels: { ...labels, ...refusedGpusLabel } };
}
