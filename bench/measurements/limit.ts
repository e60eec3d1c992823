import type { Measurement } from "../measurement";
import { updateBuilder, createBuilder, createWithBuildx, deleteBuilder, removeWithBuildx } from "../support/builders";
import { sideBySide, timed } from "../support/rounds";

/** Returns a function that returns a different limit than on its previous call. */
function limits(): () => string {
    let round = 0;
    return () => `${512 + 64 * (round++ % 2)}m`;
}

export const limit: Measurement = {
    name: "limit",
    what: "change the memory limit of a running builder",
    beside: "docker buildx rm --keep-state and create --bootstrap",
    unit: "ms",
    goal: { of: "ratio", most: 0.15 },
    async run(bench) {
        const [ours, theirs] = [limits(), limits()];
        const created = await createBuilder(bench.name(), { driverOpts: { memory: "448m" } });
        const name = bench.name();
        await createWithBuildx(name, "--driver-opt", "memory=448m");
        const figures = await sideBySide(
            9,
            () => {
                const memory = ours();
                return timed(() => updateBuilder(created, { driverOpts: { memory } }));
            },
            () => {
                const memory = theirs();
                return timed(async () => {
                    await removeWithBuildx("--keep-state", name);
                    await createWithBuildx(name, "--driver-opt", `memory=${memory}`);
                });
            },
        );
        await Promise.all([deleteBuilder(created), removeWithBuildx(name)]);
        return figures;
    },
};
