import type { Measurement } from "../measurement";
import { builders } from "../support/manyBuilders";
import { bridgeOf, perBridge } from "./bridges";

export const reading: readonly Measurement[] = perBridge(({ bridge, prefix }) => ({
    name: `${prefix}read`,
    what: `read ${builders} builders, as a refresh does${bridgeOf(bridge)}`,
    beside: "docker buildx ls of the same builders",
    limit: "reading their containers and volumes by the Engine API",
    unit: "ms",
    goal: { of: "ratio", most: 0.5 },
    async run(bench) {
        const { provider, buildx, engine } = (await bench.manyBuilders(bridge)).read;
        return { ours: provider, beside: buildx, limit: engine };
    },
}));
