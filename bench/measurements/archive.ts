import { rm } from "node:fs/promises";
import { join } from "node:path";
import { must } from "../../tests/support/run";
import type { Measurement } from "../measurement";
import type { Bench } from "../support/bench";
import { median, sideBySide, timed } from "../support/rounds";
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

// Both compress with zstd's default level, 3, in one thread, and end when all data is on the disk. After the first
// round, what they read is in the page cache. No earlier writes are pending while they run.

/** Root on the engine's host accesses the volume's folder directly. */
const limit = "tar and zstd as root on the engine's host";

export const archive: Measurement = {
    name: "archive",
    what: "archive a state of 1 GB",
    beside: "docker run tar | zstd of the same volume",
    unit: "ms",
    goal: { of: "ratio", most: 0.6 },
    limit,
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
        const figures = await sideBySide(
            rounds,
            async () => {
                await syncDisk();
                const time = await timed(() => archiveState({ builderName, to: ours }));
                await rm(ours);
                return time;
            },
            () => byTar(inContainer(bench.name(), volume, theirs)),
        );
        const tarOnHost = await onEngineHost(volume, theirs);
        return { ...figures, ...(tarOnHost && (await onHost(() => byTar(tarOnHost)))) };
    },
};

export const restore: Measurement = {
    name: "restore",
    what: "restore a state of 1 GB from its archive",
    beside: "zstd -d | docker run tar of the same archive",
    unit: "ms",
    goal: { of: "ratio", most: 0.8 },
    limit,
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
        const figures = await sideBySide(
            rounds,
            async () => {
                await syncDisk();
                let restored: Restored | undefined;
                const time = await timed(async () => (restored = await restoreState(bench.name(), file)));
                await restored?.remove();
                return time;
            },
            async () => {
                const volume = await createVolume(bench);
                return byTar(volume, inContainer(bench.name(), volume, file));
            },
        );
        const volume = await createVolume(bench);
        const hasAccess = await onEngineHost(volume, file);
        await must("docker", ["volume", "rm", volume]);
        if (!hasAccess) return figures;
        const round = async () => {
            const fresh = await createVolume(bench);
            return byTar(fresh, (await onEngineHost(fresh, file)) as TarTarget);
        };
        return { ...figures, ...(await onHost(round)) };
    },
};

async function createVolume(bench: Bench): Promise<string> {
    const volume = bench.name();
    await must("docker", ["volume", "create", volume]);
    return volume;
}

/** Returns the limit. */
async function onHost(measure: () => Promise<number>) {
    const times: number[] = [];
    for (let each = 0; each < rounds; each++) times.push(await measure());
    return { limit: median(times) };
}
