import type { Measurement } from "../measurement";
import { asPulumiDoes } from "../support/builders";
import { ProviderProcess } from "../support/providerProcess";

const builders = 100;

export const memory: Measurement = {
    name: "memory",
    what: `memory of the provider process once it has made ${builders} builders, beyond an idle one`,
    beside: "an idle provider process",
    unit: "MB",
    goal: { of: "ours", most: 60 },
    async run(bench) {
        const provider = await ProviderProcess.start();
        try {
            const idle = await provider.memory();
            const names = Array.from({ length: builders }, () => bench.name());
            const made = await asPulumiDoes(names, async (name) => [name, await provider.create(name)] as const);
            const after = await provider.memory();
            await asPulumiDoes(made, ([name, properties]) => provider.delete(name, properties));
            return { ours: after - idle, beside: idle };
        } finally {
            await provider.stop();
        }
    },
};
