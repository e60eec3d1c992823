import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** What becomes of a request: it goes on to the registry, its connection is cut, nothing answers, or that is answered. */
export type Fate = "pass" | "cut" | "silent" | { readonly status: number; readonly body?: string };

/** Stands in front of a registry, and answers some requests as registries do that are overloaded or restarting. */
export interface FlakyRegistry {
    readonly host: string;
    /** Every request so far: its method and path. */
    readonly asked: string[];
    decide: (asked: string) => Fate;
    stop(): void;
}

/** @param registry its host and port. */
export async function startFlakyRegistry(registry: string): Promise<FlakyRegistry> {
    const [hostname, port] = registry.split(":");
    const server = createServer((incoming, outgoing) => {
        const { method, url: path, headers } = incoming;
        const asked = `${method} ${path}`;
        flaky.asked.push(asked);
        const fate = flaky.decide(asked);
        if (fate === "silent") return;
        if (fate === "cut") return void incoming.socket.resetAndDestroy();
        if (fate !== "pass") return void outgoing.writeHead(fate.status).end(fate.body);
        const onward = request({ hostname, port, method, path, headers }, (answer) => {
            outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
            answer.pipe(outgoing);
        });
        onward.once("error", () => incoming.socket.destroy());
        incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const flaky: FlakyRegistry = {
        host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
        asked: [],
        decide: () => "pass",
        stop: () => {
            server.close();
            server.closeAllConnections();
        },
    };
    return flaky;
}
