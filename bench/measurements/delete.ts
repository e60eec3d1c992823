import type { Measurement } from "../measurement";
import { bridgeOf, perBridge } from "./bridges";

export const deletion: readonly Measurement[] = perBridge(({ bridge, prefix }) => ({
    name: `${prefix}delete`,
    what: `delete a builder and its cache${bridgeOf(bridge)}`,
    beside: "docker buildx rm",
    limit: "removing the container and the volume by the Engine API",
    unit: "ms",
    goal: { of: "ratio", most: 0.75 },
    async run(bench) {
        const { [bridge]: ours, buildx, engine } = await bench.oneBuilder();
        return { ours: ours.remove, beside: buildx.remove, limit: engine.remove };
    },
}));
