import type { Measurement } from "../measurement";
import { bridgeOf, perBridge } from "./bridges";

/** The rows to create one builder, with the dynamic provider and with the plugin. */
export const create: readonly Measurement[] = perBridge(({ bridge, prefix }) => ({
    name: `${prefix}create`,
    what: `create one builder, until it is ready${bridgeOf(bridge)}`,
    beside: "docker buildx create --bootstrap",
    limit: "the same container by the Engine API, until it is ready",
    unit: "ms",
    goal: { of: "ratio", most: 0.75 },
    mostOfLimit: 1.15,
    async run(bench) {
        const { [bridge]: ours, buildx, engine } = await bench.oneBuilder();
        return { ours: ours.create, beside: buildx.create, limit: engine.create };
    },
}));
