import type { Measurement } from "../measurement";
import { inParallel, buildx, createBuilder, readBuilder, deleteBuilder } from "../support/builders";
import { sideBySide, timed } from "../support/rounds";

const builders = 50;

export const reading: Measurement = {
    name: "read",
    what: `read ${builders} builders, as a refresh does`,
    beside: "docker buildx ls of the same builders",
    unit: "ms",
    goal: { of: "ratio", most: 0.5 },
    async run(bench) {
        const names = Array.from({ length: builders }, () => bench.name());
        const created = await inParallel(names, (name) => createBuilder(name));
        const figures = await sideBySide(
            5,
            () => timed(() => inParallel(created, readBuilder)),
            () => timed(() => buildx("ls")),
        );
        await inParallel(created, deleteBuilder);
        return figures;
    },
};
