import { type Content, contentOf } from "../archive/restore";
import type { Reporting } from "../archive/write";
import type { Engine } from "../docker/engine";
import { type Owner, ownerOf } from "../docker/ownership";
import { containersOf, inspectVolume, isTmpfs } from "../docker/volume";
import type { DesiredState } from "./desired";

/** What there is of a state on its engine. */
export interface ObservedState {
    /** The engine, for messages. */
    readonly host: string;
    /** The other engine on which the volume is, if the docker CLI would use this one by now. */
    readonly leftAt?: string | undefined;
    /** What it was restored from is not there any more; looked at only if its volume was lost. */
    readonly isSourceGone?: boolean;
    readonly volume: ObservedVolume | undefined;
}

export interface ObservedVolume {
    readonly owner: Owner | undefined;
    readonly driver: string;
    readonly isTmpfs: boolean;
    readonly mountpoint: string;
    /** Names of the containers that mount it. */
    readonly users: readonly string[];
    /** Those of them that run. */
    readonly running: readonly string[];
    /** What is in it; looked at only where something is to be restored into it. */
    readonly content?: Content;
}

export async function observeState(
    engine: Engine,
    { volume: name, restore }: Pick<DesiredState, "volume"> & Partial<Pick<DesiredState, "restore">>,
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
