import type { Measurement } from "../measurement";
import { eachAfterFirst } from "../support/driverStacks";

export const createRemote: Measurement = {
    name: "remote-create",
    what: "create a RemoteBuilder, until it is ready, through the plugin",
    beside: "docker buildx create --driver remote --bootstrap",
    limit: "querying the daemon over its own API",
    unit: "ms",
    goal: { of: "ratio", most: 0.75 },
    async run(bench) {
        const { plugin, buildx, query } = (await bench.remoteBuilders()).create;
        return { ours: plugin, beside: buildx, limit: query };
    },
};

export const eachRemote: Measurement = {
    name: "remote-each",
    what: "pulumi preview of RemoteBuilders without changes in YAML with the plugin, for each builder after the first",
    unit: "ms",
    goal: { of: "ours", most: 3.5 },
    async run(bench) {
        return eachAfterFirst((await bench.remoteBuilders()).preview);
    },
};
