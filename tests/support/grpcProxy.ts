/** A reverse proxy for HTTP/2 in front of a real daemon, as in front of a hosted one. */
import { connect as connectHttp2, createServer, type IncomingHttpHeaders } from "node:http2";
import { type AddressInfo, connect as connectSocket } from "node:net";

export interface GrpcProxy {
    /** `localhost:port`. */
    readonly host: string;
    /** The `:authority` of each request. */
    readonly authorities: readonly string[];
    readonly close: () => void;
}

/** @param socket the path of the daemon's socket. */
export async function startGrpcProxy(socket: string): Promise<GrpcProxy> {
    const authorities: string[] = [];
    const daemon = connectHttp2("http://localhost", { createConnection: () => connectSocket(socket) });
    const server = createServer();
    server.on("stream", (stream, headers) => {
        authorities.push(String(headers[":authority"]));
        const { ":method": method, ":path": path, "content-type": type } = headers;
        const request = daemon.request({ ":method": method, ":path": path, "content-type": type, te: "trailers" });
        let trailers: IncomingHttpHeaders = {};
        stream.pipe(request);
        request.once("response", ({ ":status": status, "content-type": answered }) => {
            stream.respond({ ":status": status, "content-type": answered }, { waitForTrailers: true });
            request.pipe(stream);
        });
        request.once("trailers", (found: IncomingHttpHeaders) => (trailers = found));
        stream.once("wantTrailers", () => stream.sendTrailers(trailers));
    });
    await new Promise<void>((resolve) => void server.listen(0, "localhost", resolve));
    return {
        host: `localhost:${(server.address() as AddressInfo).port}`,
        authorities,
        close: () => {
            daemon.destroy();
            server.close();
        },
    };
}
