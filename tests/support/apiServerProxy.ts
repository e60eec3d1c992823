import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/**
 * Starts a proxy in front of the API server, which can be away for some time.
 *
 * @param ca the certificate of the API server's authority. With it, clients speak HTTP with the proxy, and the proxy lists
 *   their requests.
 */
export async function startApiServerProxy(server: string, ca?: Buffer) {
    const { hostname: host, port } = new URL(server);
    const sockets = new Set<Socket>();
    const requests: string[] = [];
    const proxy = createServer((socket) => {
        const onward = ca === undefined ? connect(Number(port), host) : connectTls({ host, port: Number(port), ca });
        for (const each of [socket, onward]) {
            sockets.add(each);
            each.on("error", () => undefined).on("close", () => [socket, onward].forEach((other) => other.destroy()));
        }
        socket.on("data", (data: Buffer) => {
            const [, request] = /^([A-Z]+ \S+) HTTP\/1\.1\r\n/.exec(data.toString("latin1")) ?? [];
            if (request !== undefined) requests.push(request);
        });
        socket.pipe(onward).pipe(socket);
    });
    const listen = (at: number) => new Promise<void>((resolve) => proxy.listen(at, "127.0.0.1", resolve));
    await listen(0);
    const { port: own } = proxy.address() as AddressInfo;
    const stop = () => {
        const closed = new Promise((resolve) => proxy.close(resolve));
        for (const socket of sockets) socket.destroy();
        sockets.clear();
        return closed;
    };
    const url = `${ca === undefined ? "https" : "http"}://127.0.0.1:${own}`;
    /** `requests` has the method and the path of each request, with its query. */
    return { url, requests, stop, start: () => listen(own) };
}
