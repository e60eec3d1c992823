import type { Bench } from "./bench";
import { buildx, inParallel } from "./builders";
import { inspectBuilder } from "./engineApi";
import { openFiles } from "./processes";
import { type Bridge, ProviderProcess } from "./providerProcess";
import { alternate, timed } from "./rounds";

export const builders = 100;

const rounds = 2;

/** What one provider process uses to create and read all builders, and what it uses when it is idle. */
export interface ManyBuilders {
    /** In 10^6 bytes. */
    readonly memory: { readonly idle: number; readonly after: number };
    /** The number of open sockets: connections to the engine, and a few that every provider process has. */
    readonly sockets: { readonly idle: number; readonly after: number };
    /** Time to create all builders, in milliseconds. */
    readonly create: number;
    /** Time to read all builders: in the provider process, by `docker buildx ls`, and by the Engine API alone. */
    readonly read: { readonly provider: number; readonly buildx: number; readonly engine: number };
}

/** Creates the builders in one provider process and measures that process. */
export async function measureManyBuilders(bridge: Bridge, bench: Bench): Promise<ManyBuilders> {
    const { api } = await bench.engine();
    const provider = await ProviderProcess.start(bridge);
    const sockets = async () => (await openFiles(provider.pid)).filter((target) => target.startsWith("socket:")).length;
    const usage = async () => ({ memory: await provider.memory(), sockets: await sockets() });
    try {
        const idle = await usage();
        const names = Array.from({ length: builders }, bench.name);
        const start = performance.now();
        const created = await inParallel(names, (each) => provider.create(each));
        const create = performance.now() - start;
        const after = await usage();
        const read = await alternate(rounds, {
            provider: () => timed(() => inParallel(created, (builder) => provider.read(builder))),
            buildx: () => timed(() => buildx("ls")),
            engine: () => timed(() => inParallel(created, ({ id }) => inspectBuilder(api, id))),
        });
        await inParallel(created, (builder) => provider.delete(builder));
        return {
            memory: { idle: idle.memory, after: after.memory },
            sockets: { idle: idle.sockets, after: after.sockets },
            create,
            read,
        };
    } finally {
        await provider.stop();
    }
}
