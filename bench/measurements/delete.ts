import type { Measurement } from "../measurement";
import { make, makeByBuildx, remove, removeByBuildx } from "../support/builders";
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
                const made = await make(bench.name());
                return timed(() => remove(made));
            },
            async () => {
                const name = bench.name();
                await makeByBuildx(name);
                return timed(() => removeByBuildx(name));
            },
        ),
};
