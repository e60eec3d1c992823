import type { Measurement } from "../measurement";
import { createBuilder, createWithBuildx, deleteBuilder, removeWithBuildx } from "../support/builders";
import { sideBySide, timed } from "../support/rounds";

export const deletion: Measurement = {
    name: "delete",
    what: "delete a builder and its cache",
    beside: "docker buildx rm",
    unit: "ms",
    goal: { of: "ratio", most: 0.75 },
    run: (bench) =>
        sideBySide(
            9,
            async () => {
                const created = await createBuilder(bench.name());
                return timed(() => deleteBuilder(created));
            },
            async () => {
                const name = bench.name();
                await createWithBuildx(name);
                return timed(() => removeWithBuildx(name));
            },
        ),
};
