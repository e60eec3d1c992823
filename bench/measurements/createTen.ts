import type { Measurement } from "../measurement";
import { type Bench } from "../support/bench";
import {
    inParallel,
    createBuilder,
    createWithBuildx,
    type CreatedBuilder,
    deleteBuilder,
    removeWithBuildx,
} from "../support/builders";
import { sideBySide, timed } from "../support/rounds";

const tenNames = (bench: Bench) => Array.from({ length: 10 }, () => bench.name());

export const createTen: Measurement = {
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
                let created: CreatedBuilder[] = [];
                const time = await timed(
                    async () => (created = await inParallel(names, (name) => createBuilder(name), names.length)),
                );
                await inParallel(created, deleteBuilder);
                return time;
            },
            async () => {
                const names = tenNames(bench);
                const time = await timed(async () => {
                    for (const name of names) await createWithBuildx(name);
                });
                await removeWithBuildx(...names);
                return time;
            },
        ),
};
