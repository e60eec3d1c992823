/** Labels of containers and volumes that name the Pulumi resource to which they belong. */
import { isSameResource } from "./text/urn";

const prefix = "io.github.pulumi-buildx.";
const urnLabel = `${prefix}urn`;
const storeLabel = `${prefix}store`;
const gpusLabel = `${prefix}gpus`;

/** A resource and the buildx store from which it was created. The store distinguishes two users' stacks of one name. */
export interface Owner {
    /** The URN that the resource had when it created the container or volume. It is kept if the resource is renamed. */
    readonly urn: string;
    /** The store's identifier. */
    readonly store: string;
}

export const ownerLabels = ({ urn, store }: Owner): Record<string, string> => ({
    [urnLabel]: urn,
    [storeLabel]: store,
});

/** Returns the owner of a container or volume, or `undefined` if no resource of this package created it. */
export function ownerOf(labels: Record<string, string> | null | undefined): Owner | undefined {
    const urn = labels?.[urnLabel];
    return urn === undefined ? undefined : { urn, store: labels?.[storeLabel] ?? "" };
}

export const isOwnLabel = (key: string): boolean => key.startsWith(prefix);

/** Whether two owners are one resource. A resource stays the same if it moves between the dynamic provider and the plugin. */
export const sameOwner = (a: Owner | undefined, b: Owner): boolean =>
    a !== undefined && isSameResource(a.urn, b.urn) && a.store === b.store;

/** Label of a container that was created without GPUs, because the engine did not provide the GPUs that it reports. */
export const refusedGpusLabel: Readonly<Record<string, string>> = { [gpusLabel]: "refused" };

export const wasRefusedGpus = (labels: Record<string, string> | null | undefined): boolean =>
    labels?.[gpusLabel] === refusedGpusLabel[gpusLabel];

/** Labels that Docker Desktop adds to every container. */
export const isDesktopLabel = (key: string): boolean => key.startsWith("desktop.docker.io/");
