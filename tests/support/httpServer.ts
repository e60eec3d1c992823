import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { readAll } from "../../provider/streams";

/** A request that a server received. */
export interface Asked {
    readonly method: string;
    /** The path and the query. */
    readonly url: string;
    readonly authorization: string | undefined;
    readonly body: string;
}

export interface HttpServer {
    /** For example `http://127.0.0.1:40000`. */
    readonly origin: string;
    readonly port: number;
    /** All requests so far. */
    readonly asked: Asked[];
    stop(): Promise<void>;
}

export type Answer = (asked: Asked, response: ServerResponse) => unknown;

/**
 * Starts a server on this machine for one test.
 *
 * @param tls speaks HTTPS with these PEM texts.
 */
export async function startHttpServer(answer: Answer, tls?: { cert: string; key: string }): Promise<HttpServer> {
    const asked: Asked[] = [];
    const listener = async (request: IncomingMessage, response: ServerResponse) => {
        const { method = "", url = "", headers } = request;
        const each = { method, url, authorization: headers.authorization, body: (await readAll(request)).toString() };
        asked.push(each);
        await answer(each, response);
    };
    const onRequest = (request: IncomingMessage, response: ServerResponse) =>
        void listener(request, response).catch(() => response.destroy());
    const server = tls ? createHttps(tls, onRequest) : createHttp(onRequest);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    return {
        origin: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
        port,
        asked,
        stop: async () => {
            server.closeAllConnections();
            await new Promise((resolve) => server.close(resolve));
        },
    };
}
