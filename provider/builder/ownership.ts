/** By what a builder is known to be ours, when it is created, changed and read. */
import type { Owner } from "../docker/ownership";
import type { Desired } from "./desired";
import type { IsOurs, Observed } from "./observe";
import type { BuilderState } from "./state";

export interface Ownership {
    /** The labels that its containers and volumes have. */
    readonly owner: Owner;
    /** Its containers and volumes may have no labels. */
    readonly isAdopted: boolean;
    /** Nodes whose volume was there before the builder, and stays when the builder is removed. */
    readonly foundVolumes: readonly string[];
}

/** By its labels, whether a container or volume belongs to the builder that a state describes. */
export const ownedAsIn =
    ({ __owner: { urn }, __adopted: isAdopted }: BuilderState): IsOurs =>
    (found) =>
        found === undefined ? isAdopted === true : found.urn === urn;

/** Of a new builder: the labels that its containers have, or that they have none. */
export function ownershipOf(desired: Desired, observed: Observed): Ownership {
    const { owner: self } = desired;
    const foundVolumes = foundVolumesOf(desired, observed);
    const found = observed.nodes.find((node) => node.container !== undefined)?.container;
    if (found === undefined) return { owner: self, isAdopted: observed.record.is !== "absent", foundVolumes };
    return { owner: found.owner ?? self, isAdopted: found.owner === undefined, foundVolumes };
}

/** Of a builder that exists: as the state has it, and with `adopt` whatever has come into its place. */
export function ownershipAfter(olds: BuilderState, desired: Desired, observed: Observed): Ownership {
    const before = olds.nodes.map(({ name }) => name);
    const isStill = (node: string) => desired.nodes.some(({ name }) => name === node);
    const foundVolumes = [
        ...(olds.__foundVolumes ?? before).filter(isStill),
        ...foundVolumesOf(desired, observed).filter((node) => !before.includes(node)),
    ];
    const { __owner: self, __adopted: wasAdopted = false } = olds;
    if (!desired.adopt) return { owner: self, isAdopted: wasAdopted, foundVolumes };
    const owners = observed.nodes.flatMap(({ container }) => (container ? [container.owner] : []));
    const other = owners.find((owner) => owner !== undefined && owner.urn !== self.urn);
    return { owner: other ?? self, isAdopted: wasAdopted || owners.includes(undefined), foundVolumes };
}

const foundVolumesOf = ({ nodes }: Desired, observed: Observed): string[] =>
    nodes.flatMap(({ name }, index) => (observed.nodes[index]?.volume?.isOurs === false ? [name] : []));
