import { inParallel } from "./builders";
import { openFiles } from "./processes";
import { ProviderProcess } from "./providerProcess";

export const builders = 100;

/** What one provider process uses after it created all builders, and what it uses when it is idle. */
export interface ProcessUsage {
    /** In 10^6 bytes. */
    readonly memory: { readonly idle: number; readonly after: number };
    /** The number of open sockets: connections to the engine, and a few that every provider process has. */
    readonly sockets: { readonly idle: number; readonly after: number };
}

/**
 * Creates the builders in one provider process and measures that process.
 *
 * @param name returns an unused name.
 */
export async function measureManyBuilders(name: () => string): Promise<ProcessUsage> {
    const provider = await ProviderProcess.start();
    const sockets = async () => (await openFiles(provider.pid)).filter((target) => target.startsWith("socket:")).length;
    try {
        const idle = [await provider.memory(), await sockets()] as const;
        const names = Array.from({ length: builders }, name);
        const created = await inParallel(names, (each) => provider.create(each));
        const after = [await provider.memory(), await sockets()] as const;
        await inParallel(created, (builder) => provider.delete(builder));
        return { memory: { idle: idle[0], after: after[0] }, sockets: { idle: idle[1], after: after[1] } };
    } finally {
        await provider.stop();
    }
}
