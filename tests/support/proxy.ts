import { rm } from "node:fs/promises";
import { type IncomingMessage, request, type Server, createServer, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";

/** A request to the engine: its method and path without the query, for example `POST /containers/create`. */
export type Call = string;

/** What happens to a call. `drop` cuts the connection after the engine has handled the request. */
export type Fate = "pass" | "refuse" | "drop";

export interface Proxy {
    readonly host: string;
    /** All calls so far. */
    readonly calls: Call[];
    /** Decides what happens to each call, given its index. */
    decide: (call: Call, index: number) => Fate | Promise<Fate>;
    stop(): Promise<void>;
}

/** Starts a proxy between a program and a real engine. It forwards every call that must not fail. */
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
    server.keepAliveTimeout = 0; // an engine keeps idle connections open
    // A connection that is upgraded, for the input of a container.
    server.on("upgrade", (incoming, socket, head) => {
        const call = `${incoming.method} ${incoming.url?.split("?")[0]}`;
        calls.push(call);
        void Promise.resolve(proxy.decide(call, calls.length - 1)).then((fate) => {
            if (fate !== "pass") socket.destroy();
            else takeOver(engine.replace("unix://", ""), incoming, socket, head);
        });
    });
    async function stop(): Promise<void> {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        await rm(path, { force: true });
    }
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return proxy;
}

function takeOver(path: string, { method, url, rawHeaders }: IncomingMessage, socket: Duplex, head: Buffer): void {
    const lines = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`));
    const onward = connect(path);
    onward.write(Buffer.concat([Buffer.from(`${method} ${url} HTTP/1.1\r\n${lines.join("")}\r\n`), head]));
    onward.pipe(socket).pipe(onward);
    onward.once("error", () => socket.destroy());
    socket.once("error", () => onward.destroy());
    socket.once("close", () => onward.destroy());
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
        outgoing.once("close", () => answer.destroy()); // the engine must notice that the client disconnected
        answer.once("error", () => outgoing.destroy());
    });
    onward.once("error", () => incoming.socket.destroy());
    // The client may have disconnected before the decision. The request is forwarded anyway.
    if (incoming.destroyed) onward.end();
    else incoming.pipe(onward);
}
