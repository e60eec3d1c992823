/** Observes what is left of a node on its engine, for its removal. */
import { containerName, nextContainerName, volumeName } from "../../../buildx/names";
import { inspectContainer } from "../../../docker/engine/container";
import { traitsOf } from "../../../docker/engine/engine";
import { inspectVolume } from "../../../docker/engine/volume";
import { type Owner, ownerOf } from "../../../ownership";
import { ownContextOf } from "./connect";
import type { Connected, RemovedNode } from "./node";
import type { Recognition } from "./recognize";

/** A node that the program no longer has at its location, and what is left of it. */
export interface Leftovers extends RemovedNode {
    readonly name: string;
    /** Why the engine cannot be queried. If set, nothing else is known of the node. */
    readonly error?: string | undefined;
    /** The engine's ID; `undefined` if the engine cannot be queried. */
    readonly engineId: string | undefined;
    readonly container: string;
    readonly volume: string;
    readonly hasContainer: boolean;
    readonly containerIsOurs: boolean;
    readonly isRunning: boolean;
    /** Whether there is a container that an interrupted update created to replace the node's container. */
    readonly hasNext: boolean;
    readonly volumeIsOurs: boolean;
    /** Whether the volume belongs to a `BuildKitState`. */
    readonly isStateVolume: boolean;
    /** Name of the docker context that this package created for the node; `undefined` if there is none. */
    readonly context: string | undefined;
}

export async function observeLeftovers(
    node: Connected<RemovedNode>,
    { isContainerOurs, isVolumeOurs }: Recognition,
    owner: Owner,
): Promise<Leftovers> {
    const { name, isStateVolume } = node.previous;
    const { engine, error } = node.connection;
    const known = {
        ...node,
        name,
        container: containerName(name),
        volume: volumeName(name),
        isStateVolume,
        context: await ownContextOf(name, owner.urn),
    };
    if (error !== undefined) {
        return {
            ...known,
            error: error.message,
            engineId: undefined,
            hasContainer: false,
            containerIsOurs: false,
            isRunning: false,
            hasNext: false,
            volumeIsOurs: false,
        };
    }
    const [traits, container, next, volume] = await Promise.all([
        traitsOf(engine),
        inspectContainer(engine, known.container),
        inspectContainer(engine, nextContainerName(name)),
        inspectVolume(engine, known.volume),
    ]);
    return {
        ...known,
        engineId: traits.ID,
        hasContainer: container !== undefined,
        containerIsOurs: container !== undefined && isContainerOurs(ownerOf(container.Config.Labels)),
        isRunning: container?.State.Running ?? false,
        hasNext: next !== undefined,
        volumeIsOurs: volume !== undefined && isVolumeOurs(ownerOf(volume.Labels)),
    };
}
