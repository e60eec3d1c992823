/** Labels by which containers and volumes say which Pulumi resource they belong to. */

const prefix = "io.github.pulumi-buildx.";
const urnLabel = `${prefix}urn`;
const storeLabel = `${prefix}store`;
const gpusLabel = `${prefix}gpus`;

/** A resource, and the buildx store from which it was made: two people's stacks of one name stay apart. */
export interface Owner {
    /** The resource's URN when it made the container or volume; it is kept when the resource is renamed. */
    readonly urn: string;
    /** The store's identifier. */
    readonly store: string;
}

export const ownerLabels = ({ urn, store }: Owner): Record<string, string> => ({
    [urnLabel]: urn,
    [storeLabel]: store,
});

/** Whose a container or volume is; `undefined` where no resource of this package made it. */
export function ownerOf(labels: Record<string, string> | null | undefined): Owner | undefined {
    const urn = labels?.[urnLabel];
    return urn === undefined ? undefined : { urn, store: labels?.[storeLabel] ?? "" };
}

export const isOwnLabel = (key: string): boolean => key.startsWith(prefix);

export const sameOwner = (a: Owner | undefined, b: Owner): boolean => a?.urn === b.urn && a.store === b.store;

/** For a container that was made without GPUs, since the engine did not give it those that it tells of. */
export const refusedGpusLabel: Readonly<Record<string, string>> = { [gpusLabel]: "refused" };

export const wasRefusedGpus = (labels: Record<string, string> | null | undefined): boolean =>
    labels?.[gpusLabel] === refusedGpusLabel[gpusLabel];

/** Labels that Docker Desktop adds to every container. */
export const isDesktopLabel = (key: string): boolean => key.startsWith("desktop.docker.io/");
