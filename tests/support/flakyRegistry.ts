import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What happens to a request: it goes to the registry, its connection is cut, it gets no response, or it gets this
 * response.
 */
export type Fate = "pass" | "cut" | "silent" | { readonly status: number; readonly body?: string };

/** A proxy in front of a registry. It answers some requests as an overloaded or restarting registry does. */
export interface FlakyRegistry {
    readonly host: string;
    /** The method and path of every request so far. */
    readonly asked: string[];
    decide: (asked: string) => Fate;
    stop(): void;
}

/**
 * Starts the proxy.
 *
 * @param registry the host and port of the registry.
 */
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
