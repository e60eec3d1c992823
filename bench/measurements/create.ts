import type { Measurement } from "../measurement";
import { make, makeByBuildx, type Made, remove, removeByBuildx } from "../support/builders";
import { sideBySide, timed } from "../support/rounds";

export const create: Measurement = {
    name: "create",
    what: "create one builder, until it is ready",
    beside: "docker buildx create --bootstrap",
    unit: "ms",
    goal: { of: "ratio", most: 0.75 },
    run: (bench) =>
        sideBySide(
            9,
            async () => {
                let made: Made | undefined;
                const time = await timed(async () => (made = await make(bench.name())));
                await remove(made as Made);
                return time;
            },
            async () => {
                const name = bench.name();
                const time = await timed(() => makeByBuildx(name));
                await removeByBuildx(name);
                return time;
            },
        ),
};
