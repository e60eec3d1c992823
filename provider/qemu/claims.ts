/**
 * Which emulators the resources on an engine registered and need. The kernel has one list for the whole host, in which an
 * emulator belongs to nobody. So each resource that registered some has an empty volume whose label names them: one that
 * another claims as well stays when a resource goes, and the last one to claim it takes it away.
 */
import type { Engine } from "../docker/engine";
import { type Owner, ownerLabels, ownerOf, sameOwner } from "../docker/ownership";
import { createVolume, removeVolume } from "../docker/volume";

const label = "io.github.pulumi-buildx.emulators";

export interface Claims {
    /** Those of the resource itself; `undefined` where it has no volume. */
    readonly own: readonly string[] | undefined;
    readonly others: readonly string[];
}

export async function readClaims({ api }: Engine, owner: Owner): Promise<Claims> {
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

/** @param emulators none: the resource claims nothing any more. */
export async function writeClaim(
    engine: Engine,
    name: string,
    owner: Owner,
    emulators: readonly string[],
): Promise<void> {
    await removeVolume(engine, name); // no engine changes the labels of a volume
    if (emulators.length === 0) return;
    await createVolume(engine, { Name: name, Labels: { ...ownerLabels(owner), [label]: emulators.join(",") } });
}
