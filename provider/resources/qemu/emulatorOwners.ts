/**
 * Claims: the emulators that each resource on an engine registered and needs. The kernel has one list for the whole
 * host, and does not record who registered an emulator. So each resource that registered emulators has an empty volume
 * whose label names them. When a resource is removed, it removes only the emulators that no other resource claims.
 */
import type { Engine } from "../../docker/engine/engine";
import { type Owner, ownerLabels, ownerOf, sameOwner } from "../../ownership";
import { createVolume, removeVolume } from "../../docker/engine/volume";

const label = "io.github.pulumi-buildx.emulators";

export interface EmulatorOwners {
    /** The emulators that the resource itself claims; `undefined` if it has no volume. */
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

/** @param emulators the emulators to claim. If empty, the claim is removed. */
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
