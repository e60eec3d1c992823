import type { VolumeCreateOptions, VolumeInspectInfo } from "dockerode";
import { type Engine, ifNotFound, statusOf } from "./engine";

/** A volume by name; `undefined` where there is none. */
export const inspectVolume = ({ api }: Engine, name: string): Promise<VolumeInspectInfo | undefined> =>
    api.getVolume(name).inspect().catch(ifNotFound);

/** Makes a volume; where there is one of that name already the engine leaves it as it is. */
export const createVolume = ({ api }: Engine, options: VolumeCreateOptions): Promise<unknown> =>
    api.createVolume(options);

/** What the engine does with a tmpfs, for messages: it mounts it for the first container and unmounts it after the last. */
export const tmpfsForgets = "a tmpfs is empty again as soon as no running container mounts it";

/** Whether a volume lies in memory (docs.docker.com/reference/cli/docker/volume/create: options of the local driver). */
export const isTmpfs = (driver: string, options: Readonly<Record<string, unknown>> | null | undefined): boolean =>
    driver === "local" && options?.type === "tmpfs";

/** Removes a volume; well if there is none. Throws, naming them, where containers use it. */
export async function removeVolume(engine: Engine, name: string): Promise<void> {
    try {
        await engine.api.getVolume(name).remove();
    } catch (error) {
        if (statusOf(error) === 404) return;
        if (statusOf(error) !== 409) throw error;
        const users = (await containersOf(engine, name)).map((user) => user.name).join(", ");
        throw new Error(
            `volume ${name} on ${engine.endpoint.host} is in use by container ${users}: remove it first, with docker rm -f ${users}`,
            { cause: error },
        );
    }
}

/** The containers, running or not, that mount a volume. One that is paused runs: it holds what it has open. */
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

/** How many bytes each volume holds, by name. The engine has to walk through all of them, which may take long. */
export async function volumeSizes({ api }: Engine, signal: AbortSignal): Promise<Map<string, number>> {
    // dockerode's own call has no way to leave out images and containers.
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
    // -1: the engine does not know it, as for volumes of other drivers
    const known = (volumes ?? []).filter(({ UsageData: usage }) => (usage?.Size ?? -1) >= 0);
    return new Map(known.map(({ Name: name, UsageData: usage }) => [name, usage?.Size ?? 0]));
}

interface Modem {
    dial(request: object, done: (error: Error | null, answer: unknown) => void): void;
}
