import { rm } from "node:fs/promises";
import { type IncomingMessage, request, type Server, createServer, type ServerResponse } from "node:http";
import { join } from "node:path";

/** A request to the engine: its method and path without query, such as `POST /containers/create`. */
export type Call = string;

/** What becomes of a call. `drop` cuts the connection after the engine did what it was asked. */
export type Fate = "pass" | "refuse" | "drop";

export interface Proxy {
    readonly host: string;
    /** Every call so far. */
    readonly calls: Call[];
    /** Decides on each call, given its index. */
    decide: (call: Call, index: number) => Fate | Promise<Fate>;
    stop(): Promise<void>;
}

/** Stands between a program and a real engine, to which it passes every call that is not to fail. */
export async function startProxy(
    folder: string,
    name = "proxy",
    engine = "unix:///var/run/docker.sock",
): Promise<Proxy> {
    const path = join(folder, `${name}.sock`);
    const calls: Call[] = [];
    const proxy: Proxy = { host: `unix://${path}`, calls, decide: () => "pass", stop };
    const server: Server = createServer((incoming, outgoing) => {
        const call = `${incoming.method} ${incoming.url?.split("?")[0]}`;
        calls.push(call);
        const index = calls.length - 1;
        void Promise.resolve(proxy.decide(call, index)).then((fate) => {
            if (fate === "refuse") incoming.socket.destroy();
            else forward(engine.replace("unix://", ""), incoming, outgoing, fate === "drop");
        });
    });
    // `docker exec` of buildx itself takes the connection over; this package does not, so that none needs it here.
    async function stop(): Promise<void> {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        await rm(path, { force: true });
    }
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return proxy;
}

function forward(socketPath: string, incoming: IncomingMessage, outgoing: ServerResponse, drops: boolean): void {
    const { method, url: path, headers } = incoming;
    const onward = request({ socketPath, method, path, headers }, (answer) => {
        if (drops) {
            answer.resume().once("end", () => incoming.socket.destroy());
            return;
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        outgoing.flushHeaders();
        answer.pipe(outgoing);
        answer.once("error", () => outgoing.destroy());
    });
    onward.once("error", () => incoming.socket.destroy());
    incoming.pipe(onward);
}
