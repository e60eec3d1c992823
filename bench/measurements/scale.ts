import type { Measurement } from "../measurement";
import { realBuilders } from "../support/scale";

const whyNot = () =>
    process.env.PULUMI_BUILDX_TEST_ENGINE
        ? undefined
        : 'There is no second engine. Start it, as root on Debian, with: eval "$(environment/up --for-tests)".';

export const upOfMany: Measurement = {
    name: "up",
    what: `pulumi up of ${realBuilders} builders on two engines, in YAML with the plugin, per builder`,
    unit: "ms",
    whyNot,
    async run(bench) {
        const { up, destroy } = await bench.scale();
        const more = { [`with ${realBuilders}`]: up, [`pulumi destroy with ${realBuilders}`]: destroy };
        return { ours: up / realBuilders, more };
    },
};

export const refresh: Measurement = {
    name: "refresh",
    what: "pulumi refresh of 1000 builders without changes, in YAML with the plugin, per builder",
    unit: "ms",
    whyNot,
    async run(bench) {
        const { refresh: times } = await bench.scale();
        const more = Object.fromEntries(Object.entries(times).map(([size, time]) => [`with ${size}`, time]));
        return { ours: times[1000] / 1000, more };
    },
};
