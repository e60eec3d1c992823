/**
 * GPUs of an engine's host, requested as buildx does (buildx: `driver/docker-container/driver.go`, `hasGPUCapability`).
 */
import type { ContainerCreateOptions, ContainerInspectInfo, DeviceRequest } from "dockerode";
import { removeContainer } from "./container";
import { type Engine, type EngineTraits, statusOf } from "./engine";
import { refusedGpusLabel } from "../../ownership";

/** The device request of `docker run --gpus all`. */
export const allGpus: DeviceRequest = {
    Driver: "",
    Count: -1,
    DeviceIDs: null as unknown as string[],
    Capabilities: [["gpu"]],
    Options: {},
};

/** Returns which GPUs a container was created with: `all`, `none`, or `other` if it has other device requests. */
export function gpusOf({ HostConfig: { DeviceRequests: requests } }: ContainerInspectInfo): "all" | "none" | "other" {
    const [first, ...more] = (requests as DeviceRequest[] | null | undefined) ?? [];
    if (first === undefined) return "none";
    const { Driver: driver, Count: count, DeviceIDs: ids, Capabilities: capabilities } = first;
    const isAll = count === -1 && (ids ?? []).length === 0 && JSON.stringify(capabilities) === '[["gpu"]]';
    return more.length === 0 && isAll && !driver ? "all" : "other";
}

/**
 * Whether an engine seems to have GPUs. It does if it has a runtime for GPUs, if it discovered GPUs itself (CDI, Docker
 * 28.3 and later), or if its host has a program for GPUs. Only a container shows whether it really has GPUs:
 * {@link providesGpus}.
 */
export const reportsGpus = ({
    Runtimes: runtimes,
    DiscoveredDevices: devices,
    hasGpuHook: hook,
}: EngineTraits): boolean =>
    hook === true ||
    Object.keys(runtimes ?? {}).some((name) => name === "nvidia" || name === "amd") ||
    (devices ?? []).some(({ ID: id }) => /\/gpu=/.test(id ?? ""));

/**
 * Whether an engine provides its GPUs to containers. The API does not report this, so this function starts a container
 * with GPUs, which exits at once. The result is kept for the life of this process.
 *
 * @param image an image that has `/bin/true`, such as BuildKit's image.
 * @param name the name of the container.
 */
export const providesGpus = (engine: Engine, image: string, name: string): Promise<boolean> =>
    engine.requests.get("gpus", Infinity, async () => {
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
                await removeContainer(engine, name); // left behind by a process that was killed
                return create();
            });
            await container.start();
            return true;
        } catch (error) {
            if (statusOf(error) === undefined) throw error; // the engine did not respond
            return false;
        } finally {
            await removeContainer(engine, name).catch(() => undefined);
        }
    });

/**
 * Returns a container's options. If they request GPUs that the engine does not provide, the request is replaced by
 * {@link refusedGpusLabel}.
 */
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
    if (gpus === undefined || (await providesGpus(engine, image, `${name}_gpus`))) return options;
    return { ...options, HostConfig: host, Labels: { ...labels, ...refusedGpusLabel } };
}
