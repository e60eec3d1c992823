import type { Bench } from "./bench";
import { createWithBuildx, removeWithBuildx } from "./builders";
import { bootContainer, limitMemory, removeContainer } from "./engineApi";
import type { ProviderProcess } from "./providerProcess";
import { alternateSteps, timed } from "./rounds";

/** The steps of one builder. */
type Step = "create" | "limit" | "remove";

/** Who takes the steps: this package through either bridge, buildx, or the Engine API alone. */
export type Actor = "dynamic" | "plugin" | "buildx" | "engine";

/** Times in milliseconds. */
export type OneBuilder = Readonly<Record<Actor, Readonly<Record<Step, number>>>>;

const rounds = 7;

const megabytes = (count: number) => count * 1024 * 1024;

/** Measures the life of a builder: it is created, gets another memory limit, and is removed. */
export async function measureOneBuilder(bench: Bench): Promise<OneBuilder> {
    const { dynamic, plugin } = await bench.providers();
    return alternateSteps(rounds, {
        dynamic: () => lifeInProvider(dynamic, bench.name()),
        plugin: () => lifeInProvider(plugin, bench.name()),
        buildx: () => lifeInBuildx(bench.name()),
        engine: () => lifeInEngine(bench),
    });
}

async function lifeInProvider(provider: ProviderProcess, name: string): Promise<Record<Step, number>> {
    const start = performance.now();
    const created = await provider.create(name);
    const create = performance.now() - start;
    const limit = await timed(() => provider.update(created, { driverOpts: { memory: "512m" } }));
    return { create, limit, remove: await timed(() => provider.delete(created)) };
}

async function lifeInBuildx(name: string): Promise<Record<Step, number>> {
    const create = await timed(() => createWithBuildx(name));
    const limit = await timed(async () => {
        await removeWithBuildx("--keep-state", name);
        await createWithBuildx(name, "--driver-opt", "memory=512m");
    });
    return { create, limit, remove: await timed(() => removeWithBuildx(name)) };
}

async function lifeInEngine(bench: Bench): Promise<Record<Step, number>> {
    const { api, optionsOf } = await bench.engine();
    const name = bench.name();
    const create = await timed(() => bootContainer(api, name, optionsOf(name)));
    const limit = await timed(() => limitMemory(api, name, megabytes(512)));
    return { create, limit, remove: await timed(() => removeContainer(api, name)) };
}
