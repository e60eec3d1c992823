import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Starts a proxy in front of the API server, which can be away for some time. */
export async function startApiServerProxy(server: string) {
    const { hostname, port } = new URL(server);
    const sockets = new Set<Socket>();
    const proxy = createServer((socket) => {
        const onward = connect(Number(port), hostname);
        for (const each of [socket, onward]) {
            sockets.add(each);
            each.on("error", () => undefined).on("close", () => [socket, onward].forEach((other) => other.destroy()));
        }
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
    return { url: `https://127.0.0.1:${own}`, stop, start: () => listen(own) };
}
