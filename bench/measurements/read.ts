import type { Measurement } from "../measurement";
import { asPulumiDoes, buildx, make, read, remove } from "../support/builders";
import { sideBySide, timed } from "../support/rounds";

const builders = 50;

export const reading: Measurement = {
    name: "read",
    what: `read ${builders} builders, as a refresh does`,
    beside: "docker buildx ls of the same",
    unit: "ms",
    goal: { of: "ratio", most: 0.5 },
    async run(bench) {
        const names = Array.from({ length: builders }, () => bench.name());
        const made = await asPulumiDoes(names, (name) => make(name));
        const figures = await sideBySide(
            5,
            () => timed(() => asPulumiDoes(made, read)),
            () => timed(() => buildx("ls")),
        );
        await asPulumiDoes(made, remove);
        return figures;
    },
};
