import { rm } from "node:fs/promises";
import { join } from "node:path";
import { must } from "../../tests/support/run";
import type { Measurement } from "../measurement";
import type { Bench } from "../support/bench";
import { alternate, timed } from "../support/rounds";
import {
    archiveWithTar,
    archiveState,
    inContainer,
    onEngineHost,
    type Restored,
    restoreWithTar,
    restoreState,
    syncDisk,
    type TarTarget,
} from "../support/states";

const rounds = 3;

const limit = "tar and zstd as root on the engine's host";

// Both compress with zstd's default level, 3, in one thread, and end when all data is on the disk. After the first
// round, what they read is in the page cache. No earlier writes are pending while they run.

export const archive: Measurement = {
    name: "archive",
    what: "archive a state of 1 GB",
    beside: "docker run tar | zstd of the same volume",
    limit,
    unit: "ms",
    goal: { of: "ratio", most: 0.6 },
    mostOfLimit: 2,
    async run(bench) {
        const { builderName, volume } = await bench.largeState();
        const [ours, theirs] = [join(bench.folder, "ours.tar.zst"), join(bench.folder, "theirs.tar.zst")];
        const byTar = async (tarring: TarTarget) => {
            await syncDisk();
            const time = await timed(() => archiveWithTar(tarring));
            await rm(theirs);
            return time;
        };
        const tarOnHost = await onEngineHost(volume, theirs);
        const measured = {
            ours: async () => {
                await syncDisk();
                const time = await timed(() => archiveState({ builderName, to: ours }));
                await rm(ours);
                return time;
            },
            beside: () => byTar(inContainer(bench.name(), volume, theirs)),
        };
        if (tarOnHost === undefined) return alternate(rounds, measured);
        return alternate(rounds, { ...measured, limit: () => byTar(tarOnHost) });
    },
};

export const restore: Measurement = {
    name: "restore",
    what: "restore a state of 1 GB from its archive",
    beside: "zstd -d | docker run tar of the same archive",
    limit,
    unit: "ms",
    goal: { of: "ratio", most: 0.8 },
    mostOfLimit: 1.3,
    async run(bench) {
        const { builderName } = await bench.largeState();
        const file = join(bench.folder, "state.tar.zst");
        await archiveState({ builderName, to: file });
        const byTar = async (volume: string, tarring: TarTarget) => {
            await syncDisk();
            const time = await timed(() => restoreWithTar(tarring));
            await must("docker", ["volume", "rm", volume]);
            return time;
        };
        const intoNewVolume = async (where: (volume: string) => Promise<TarTarget>) => {
            const volume = await createVolume(bench);
            return byTar(volume, await where(volume));
        };
        const probe = await createVolume(bench);
        const hasAccess = (await onEngineHost(probe, file)) !== undefined;
        await must("docker", ["volume", "rm", probe]);
        const onHost = async (volume: string) => (await onEngineHost(volume, file)) as TarTarget;
        const measured = {
            ours: async () => {
                await syncDisk();
                let restored: Restored | undefined;
                const time = await timed(async () => (restored = await restoreState(bench.name(), file)));
                await restored?.remove();
                return time;
            },
            beside: () => intoNewVolume(async (volume) => inContainer(bench.name(), volume, file)),
        };
        if (!hasAccess) return alternate(rounds, measured);
        return alternate(rounds, { ...measured, limit: () => intoNewVolume(onHost) });
    },
};

async function createVolume(bench: Bench): Promise<string> {
    const volume = bench.name();
    await must("docker", ["volume", "create", volume]);
    return volume;
}
