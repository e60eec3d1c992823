/**
 * Owners of emulators: the resources that need an emulator which one of them registered. The kernel has one list of
 * emulators for the whole host, and does not record who registered an emulator. So each resource has an empty volume on
 * the engine whose label names the emulators that the resource owns. When a resource is removed, it removes only the
 * emulators that no other resource owns.
 */
import type { Engine } from "../../docker/engine/engine";
import { type Owner, ownerLabels, ownerOf, sameOwner } from "../../ownership";
import { createVolume, removeVolume } from "../../docker/engine/volume";

const label = "io.github.pulumi-buildx.emulators";

/** The names of the emulators that resources own on an engine. */
export interface EmulatorOwners {
    /** The emulators that the resource itself owns; `undefined` if it has no volume. */
    readonly own: readonly string[] | undefined;
    readonly others: readonly string[];
}

export async function readOwners({ api }: Engine, owner: Owner): Promise<EmulatorOwners> {
    const { Volumes: volumes } = await api.listVolumes({ filters: JSON.stringify({ label: [label] }) });
    const all = (volumes ?? []).map(({ Labels: labels }) => ({
        isOwn: sameOwner(ownerOf(labels), owner),
        emulators: (labels[label] ?? "").split(",").filter(Boolean),
    }));
    return {
        own: all.find(({ isOwn }) => isOwn)?.emulators,
        others: all.filter(({ isOwn }) => !isOwn).flatMap(({ emulators }) => emulators),
    };
}

/**
 * Records the emulators that a resource owns.
 *
 * @param name the name of the resource's volume.
 * @param emulators if empty, the volume is removed.
 */
export async function writeOwner(
    engine: Engine,
    name: string,
    owner: Owner,
    emulators: readonly string[],
): Promise<void> {
    await removeVolume(engine, name); // the labels of a volume cannot be updated
    if (emulators.length === 0) return;
    await createVolume(engine, { Name: name, Labels: { ...ownerLabels(owner), [label]: emulators.join(",") } });
}
