import type { VolumeCreateOptions, VolumeInspectInfo } from "dockerode";
import { type Engine, ifNotFound, statusOf } from "./engine";

/** Returns a volume by name, or `undefined` if it does not exist. */
export const inspectVolume = ({ api }: Engine, name: string): Promise<VolumeInspectInfo | undefined> =>
    api.getVolume(name).inspect().catch(ifNotFound);

/** Creates a volume. If a volume of that name exists, the engine does not change it. */
export const createVolume = ({ api }: Engine, options: VolumeCreateOptions): Promise<unknown> =>
    api.createVolume(options);

/** Text for messages: the engine mounts a tmpfs for the first container and unmounts it after the last. */
export const tmpfsForgets = "a tmpfs loses its content as soon as no running container mounts it";

/** Whether a volume is in memory (docs.docker.com/reference/cli/docker/volume/create: options of the local driver). */
export const isTmpfs = (driver: string, options: Readonly<Record<string, unknown>> | null | undefined): boolean =>
    driver === "local" && options?.type === "tmpfs";

/**
 * Removes a volume. Does nothing if it does not exist.
 *
 * @throws {Error} if containers use the volume. The message names them.
 */
export async function removeVolume(engine: Engine, name: string): Promise<void> {
    try {
        await engine.api.getVolume(name).remove();
    } catch (error) {
        if (statusOf(error) === 404) return;
        if (statusOf(error) !== 409) throw error;
        const users = (await containersOf(engine, name)).map((user) => user.name).join(", ");
        throw new Error(
            `volume ${name} on ${engine.endpoint.host} is in use by container ${users}. Remove the container first with: docker rm -f ${users}`,
            { cause: error },
        );
    }
}

/** Returns all containers that mount a volume. A paused container counts as running: it keeps its files open. */
export async function containersOf(
    { api }: Engine,
    volume: string,
): Promise<{ name: string; labels: Record<string, string>; isRunning: boolean }[]> {
    const containers = await api.listContainers({ all: true, filters: { volume: [volume] } });
    return containers.map(({ Id, Names, Labels: labels, State: state }) => ({
        name: Names[0]?.replace(/^\//, "") ?? Id,
        labels,
        isRunning: state === "running" || state === "paused",
    }));
}

/** Returns the size of each volume in bytes, by name. The engine must walk all volumes, which may take long. */
export async function volumeSizes({ api }: Engine, signal: AbortSignal): Promise<Map<string, number>> {
    // dockerode's own method cannot leave out images and containers.
    const request = {
        path: "/system/df?",
        method: "GET",
        options: { type: "volume" },
        abortSignal: signal,
        statusCodes: { 200: true, 500: "server error" },
    };
    const { Volumes: volumes } = await new Promise<{ Volumes: VolumeInspectInfo[] | null }>((resolve, reject) => {
        (api.modem as Modem).dial(request, (error, answer) =>
            error ? reject(error) : resolve(answer as { Volumes: VolumeInspectInfo[] | null }),
        );
    });
    // -1: the engine does not know the size, for example of volumes of other drivers
    const known = (volumes ?? []).filter(({ UsageData: usage }) => (usage?.Size ?? -1) >= 0);
    return new Map(known.map(({ Name: name, UsageData: usage }) => [name, usage?.Size ?? 0]));
}

interface Modem {
    dial(request: object, done: (error: Error | null, answer: unknown) => void): void;
}
