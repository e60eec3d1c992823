import type { VolumeCreateOptions, VolumeInspectInfo } from "dockerode";
import { type Engine, ifNotFound, statusOf } from "./engine";

/** A volume by name; `undefined` where there is none. */
export const inspectVolume = ({ api }: Engine, name: string): Promise<VolumeInspectInfo | undefined> =>
    api.getVolume(name).inspect().catch(ifNotFound);

/** Makes a volume; where there is one of that name already the engine leaves it as it is. */
export const createVolume = ({ api }: Engine, options: VolumeCreateOptions): Promise<unknown> =>
    api.createVolume(options);

/** Removes a volume; well if there is none. Throws, naming them, where containers use it. */
export async function removeVolume(engine: Engine, name: string): Promise<void> {
    try {
        await engine.api.getVolume(name).remove();
    } catch (error) {
        if (statusOf(error) === 404) return;
        if (statusOf(error) !== 409) throw error;
        const users = (await usersOfVolume(engine, name)).join(", ");
        throw new Error(
            `volume ${name} on ${engine.endpoint.host} is in use by container ${users}: remove it first, with docker rm -f ${users}`,
            { cause: error },
        );
    }
}

/** The containers, running or not, that mount a volume. */
export async function containersOf(
    { api }: Engine,
    volume: string,
): Promise<{ name: string; labels: Record<string, string> }[]> {
    const containers = await api.listContainers({ all: true, filters: { volume: [volume] } });
    return containers.map(({ Id, Names, Labels: labels }) => ({ name: Names[0]?.replace(/^\//, "") ?? Id, labels }));
}

/** Their names. */
export const usersOfVolume = async (engine: Engine, volume: string): Promise<string[]> =>
    (await containersOf(engine, volume)).map(({ name }) => name);
