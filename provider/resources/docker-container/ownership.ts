/** How containers and volumes are recognized as the builder's own when the builder is created, updated and read. */
import { isSameResource } from "../../text/urn";
import type { DesiredBuilder } from "./desired";
import type { IsOurs } from "./node/recognize";
import type { Observed } from "./observe";
import type { SavedBuilder, Ownership } from "./saved";

/**
 * Returns a function that reports whether a container or volume belongs to the builder in a state, judged by its
 * labels.
 */
export const ownedAsIn =
    ({ __owner: { urn }, __adopted: isAdopted }: SavedBuilder): IsOurs =>
    (found) =>
        found === undefined ? isAdopted === true : isSameResource(found.urn, urn);

/**
 * Returns the ownership of a new builder: the owner in the labels of existing containers, or that they have no labels.
 */
export function ownershipOf(desired: DesiredBuilder, observed: Observed): Ownership {
    const { owner: self } = desired;
    const foundVolumes = foundVolumesOf(observed);
    const found = observed.nodes.find((node) => node.container !== undefined)?.container;
    if (found === undefined) return { owner: self, isAdopted: observed.record.is !== "absent", foundVolumes };
    return { owner: found.owner ?? self, isAdopted: found.owner === undefined, foundVolumes };
}

/**
 * Returns the ownership of an existing builder: as Pulumi's state has it. With `adopt`, the containers that now have
 * the builder's names are included.
 */
export function ownershipAfter(olds: SavedBuilder, desired: DesiredBuilder, observed: Observed): Ownership {
    const before = olds.nodes.map(({ name }) => name);
    const isStill = (node: string) => desired.nodes.some(({ name }) => name === node);
    const foundVolumes = [
        ...(olds.__foundVolumes ?? before).filter(isStill),
        ...foundVolumesOf(observed).filter((node) => !before.includes(node)),
    ];
    const { __owner: self, __adopted: wasAdopted = false } = olds;
    if (!desired.adopt) return { owner: self, isAdopted: wasAdopted, foundVolumes };
    const owners = observed.nodes.flatMap(({ container }) => (container ? [container.owner] : []));
    const other = owners.find((owner) => owner !== undefined && !isSameResource(owner.urn, self.urn));
    return { owner: other ?? self, isAdopted: wasAdopted || owners.includes(undefined), foundVolumes };
}

const foundVolumesOf = ({ nodes }: Observed): string[] =>
    nodes.filter(({ volume }) => volume?.isOurs === false).map(({ desired }) => desired.name);
