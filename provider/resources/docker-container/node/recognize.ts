/** Recognizes the container and the volume that belong to a node. */
import type { BuilderRecord } from "../../../buildx/store";
import type { Owner } from "../../../ownership";
import type { PreviousNode } from "../previous";

/** Whether a container or volume belongs to the builder, judged by its labels. */
export type IsOurs = (owner: Owner | undefined) => boolean;

export interface Recognition {
    readonly isContainerOurs: IsOurs;
    readonly isVolumeOurs: IsOurs;
}

/**
 * Returns how to recognize the builder's container and volume of a node: by the builder's labels. buildx creates them
 * without labels when it boots the builder from a record that this package wrote. They then also belong to the builder.
 * This happens if the container was lost, and a build or `docker buildx inspect --bootstrap` ran before `pulumi up`
 * (buildx: `driver/docker-container`, `Bootstrap`).
 */
export function recognitionOf(
    name: string,
    previous: PreviousNode | undefined,
    isOurs: IsOurs,
    record: BuilderRecord,
): Recognition {
    const isInOwnRecord =
        record.is === "present" && record.isOwn && record.nodeGroup.Nodes.some(({ Name }) => Name === name);
    const mayBeRebooted = previous !== undefined && isInOwnRecord;
    return {
        isContainerOurs: (owner) => isOurs(owner) || (owner === undefined && mayBeRebooted),
        isVolumeOurs: (owner) => isOurs(owner) || (owner === undefined && mayBeRebooted && !previous.volumeWasThere),
    };
}
