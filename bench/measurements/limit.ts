import type { Measurement } from "../measurement";
import { bridgeOf, perBridge } from "./bridges";

export const limit: readonly Measurement[] = perBridge(({ bridge, prefix }) => ({
    name: `${prefix}limit`,
    what: `change the memory limit of a running builder${bridgeOf(bridge)}`,
    beside: "docker buildx rm --keep-state and create --bootstrap",
    limit: "updating the container by the Engine API",
    unit: "ms",
    goal: { of: "ratio", most: 0.15 },
    async run(bench) {
        const { [bridge]: ours, buildx, engine } = await bench.oneBuilder();
        return { ours: ours.limit, beside: buildx.limit, limit: engine.limit };
    },
}));
