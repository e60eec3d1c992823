import { queryWorkersOverGrpc } from "../../provider/buildkit/grpc/queryWorkers";
import { startBuildkitd } from "../../tests/support/buildkitd";
import { docker } from "../../tests/support/docker";
import type { Bench } from "./bench";
import { buildx, removeWithBuildx } from "./builders";
import { type DriverPreviews, measureDriverPreviews } from "./driverStacks";
import { ProviderProcess } from "./providerProcess";
import { alternate, timed } from "./rounds";

/** The cost of builders of the `remote` driver. Times are in milliseconds. */
export interface RemoteBuilders {
    /** Time to create a builder through the plugin, with buildx, and to query the daemon alone. */
    readonly create: { readonly plugin: number; readonly buildx: number; readonly query: number };
    readonly preview: DriverPreviews;
}

const rounds = 7;

/** Measures builders of one daemon that runs already, in a container of this machine. */
export async function measureRemoteBuilders(bench: Bench): Promise<RemoteBuilders> {
    const { container, tcp: endpoint } = await startBuildkitd(bench, "daemon");
    try {
        const create = await measureCreate(bench, endpoint);
        // One daemon serves any number of builders, so that one real builder is enough.
        const stack = { type: "RemoteBuilder", args: { endpoint }, builders: 100, real: 1 };
        return { create, preview: await measureDriverPreviews(`${bench.unique}-remote`, stack) };
    } finally {
        await docker(["rm", "--force", "--volumes", container]);
    }
}

async function measureCreate(bench: Bench, endpoint: string): Promise<RemoteBuilders["create"]> {
    const provider = await ProviderProcess.start("plugin", { type: "RemoteBuilder" });
    try {
        return await alternate(rounds, {
            plugin: async () => {
                const start = performance.now();
                const created = await provider.create(bench.name(), { endpoint });
                const time = performance.now() - start;
                await provider.delete(created);
                return time;
            },
            buildx: async () => {
                const name = bench.name();
                const create = ["create", "--name", name, "--driver", "remote", "--bootstrap", endpoint];
                const time = await timed(() => buildx(...create));
                await removeWithBuildx(name);
                return time;
            },
            query: () => timed(() => queryWorkersOverGrpc(endpoint, undefined, new AbortController().signal)),
        });
    } finally {
        await provider.stop();
    }
}
