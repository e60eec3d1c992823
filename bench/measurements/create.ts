import type { Measurement } from "../measurement";
import {
    createBuilder,
    createWithBuildx,
    type CreatedBuilder,
    deleteBuilder,
    removeWithBuildx,
} from "../support/builders";
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
                let created: CreatedBuilder | undefined;
                const time = await timed(async () => (created = await createBuilder(bench.name())));
                await deleteBuilder(created as CreatedBuilder);
                return time;
            },
            async () => {
                const name = bench.name();
                const time = await timed(() => createWithBuildx(name));
                await removeWithBuildx(name);
                return time;
            },
        ),
};
