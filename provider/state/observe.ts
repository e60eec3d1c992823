import type { Engine } from "../docker/engine";
import { type Owner, ownerOf } from "../docker/ownership";
import { inspectVolume, usersOfVolume } from "../docker/volume";
import type { DesiredState } from "./desired";

/** What there is of a state on its engine. */
export interface ObservedState {
    /** The engine, for messages. */
    readonly host: string;
    readonly volume: ObservedVolume | undefined;
}

export interface ObservedVolume {
    readonly owner: Owner | undefined;
    readonly driver: string;
    readonly mountpoint: string;
    /** Names of the containers that mount it. */
    readonly users: readonly string[];
}

export async function observeState(
    engine: Engine,
    { volume: name }: Pick<DesiredState, "volume">,
): Promise<ObservedState> {
    const [volume, users] = await Promise.all([inspectVolume(engine, name), usersOfVolume(engine, name)]);
    return {
        host: engine.endpoint.host,
        volume: volume && {
            owner: ownerOf(volume.Labels),
            driver: volume.Driver,
            mountpoint: volume.Mountpoint,
            users,
        },
    };
}
