import type { Measurement } from "../measurement";
import { type Bench } from "../support/bench";
import { asPulumiDoes, make, makeByBuildx, type Made, remove, removeByBuildx } from "../support/builders";
import { sideBySide, timed } from "../support/rounds";

const tenNames = (bench: Bench) => Array.from({ length: 10 }, () => bench.name());

export const ten: Measurement = {
    name: "ten",
    what: "create ten builders, until all are ready",
    beside: "ten docker buildx create --bootstrap, one after another",
    unit: "ms",
    goal: { of: "ratio", most: 0.4 },
    run: (bench) =>
        sideBySide(
            5,
            async () => {
                const names = tenNames(bench);
                let made: Made[] = [];
                const time = await timed(
                    async () => (made = await asPulumiDoes(names, (name) => make(name), names.length)),
                );
                await asPulumiDoes(made, remove);
                return time;
            },
            async () => {
                const names = tenNames(bench);
                const time = await timed(async () => {
                    for (const name of names) await makeByBuildx(name);
                });
                await removeByBuildx(...names);
                return time;
            },
        ),
};
