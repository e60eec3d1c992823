import type { Measurement } from "../measurement";
import { residentMemory } from "../support/processes";
import { type ProviderServer, startDynamicProvider, startPlugin } from "../support/providerServer";
import { loadMemoryScript, runInNode } from "../support/node";
import { besideLimit, timed } from "../support/rounds";

const rounds = 5;

/** Options that a shell sets for other programs would load more modules. */
const env = { NODE_OPTIONS: "", NODE_COMPILE_CACHE: undefined };

type Start = typeof startPlugin;

async function timeOfStart(start: Start): Promise<number> {
    let server: ProviderServer | undefined;
    const time = await timed(async () => (server = await start({ env })));
    await server?.stop();
    return time;
}

async function memoryAfterStart(start: Start): Promise<number> {
    const server = await start({ env });
    try {
        return await residentMemory(server.pid);
    } finally {
        await server.stop();
    }
}

export const pluginStart: Measurement = {
    name: "plugin-start",
    what: "start the plugin, until it is configured",
    beside: "starting the process of the dynamic provider",
    isBesideItself: true,
    limit: "starting Node.js without a program",
    unit: "ms",
    goal: { of: "ratio", most: 0.25 },
    run: () =>
        besideLimit(
            rounds,
            () => timeOfStart(startPlugin),
            () => timeOfStart(startDynamicProvider),
            () => timed(() => runInNode("console.log(0)")),
        ),
};

export const pluginMemory: Measurement = {
    name: "plugin-memory",
    what: "memory of the plugin after its start",
    beside: "the process of the dynamic provider",
    isBesideItself: true,
    limit: "Node.js without a program",
    unit: "MB",
    goal: { of: "ratio", most: 0.6 },
    run: () =>
        besideLimit(
            rounds,
            () => memoryAfterStart(startPlugin),
            () => memoryAfterStart(startDynamicProvider),
            () => runInNode(loadMemoryScript([])),
        ),
};
