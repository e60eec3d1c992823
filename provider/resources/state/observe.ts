import { type Content, contentOf } from "../../transfer/restore";
import type { RestoreSource } from "../../transfer/location";
import { findSource } from "../../transfer/source";
import type { Reporting } from "../../transfer/write";
import type { Engine } from "../../docker/engine/engine";
import { type Owner, ownerOf } from "../../ownership";
import { containersOf, inspectVolume, isTmpfs } from "../../docker/engine/volume";
import type { DesiredState } from "./desired";

/** A state as it is on its engine. */
export interface ObservedState {
    /** The engine, for messages. */
    readonly host: string;
    /** The other engine that holds the volume, if the docker CLI's engine changed to this one after the creation. */
    readonly leftAt?: string | undefined;
    /** Whether the source that it was restored from does not exist any more. Checked only if its volume was lost. */
    readonly isSourceGone?: boolean;
    readonly volume: ObservedVolume | undefined;
}

export interface ObservedVolume {
    readonly owner: Owner | undefined;
    readonly driver: string;
    readonly isTmpfs: boolean;
    readonly mountpoint: string;
    /** The names of the containers that mount it. */
    readonly users: readonly string[];
    /** The names of the running containers that mount it, including paused containers. */
    readonly running: readonly string[];
    /** The content of the volume. Set only if a state is to be restored into it. */
    readonly content?: Content;
}

/** @param reporting if set, the content of a volume that is restored into is observed too. */
export async function observeState(
    { volume: name, restore }: Pick<DesiredState, "volume"> & Partial<Pick<DesiredState, "restore">>,
    engine: Engine,
    reporting?: Reporting,
): Promise<ObservedState> {
    const [volume, users] = await Promise.all([inspectVolume(engine, name), containersOf(engine, name)]);
    const content = volume && restore && reporting && (await contentOf(engine, name, restore.image, reporting));
    return {
        host: engine.endpoint.host,
        volume: volume && {
            owner: ownerOf(volume.Labels),
            driver: volume.Driver,
            isTmpfs: isTmpfs(volume.Driver, volume.Options),
            mountpoint: volume.Mountpoint,
            users: users.map((user) => user.name),
            running: users.filter(({ isRunning }) => isRunning).map((user) => user.name),
            ...(content && { content }),
        },
    };
}

/** Returns whether the source that a state is restored from exists. */
export const sourceExists = (engine: Engine, from: RestoreSource): Promise<boolean> =>
    "volume" in from
        ? inspectVolume(engine, from.volume).then((volume) => volume !== undefined)
        : findSource(from).then((source) => source !== undefined);
