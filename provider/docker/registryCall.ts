/** One HTTP request to a registry, or to another host that it names. */
import { type IncomingMessage, request as requestHttp, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { writeAll } from "./streams";

export interface Call {
    readonly method: string;
    readonly headers?: Record<string, string>;
    /** One that is streamed can be sent once. */
    readonly body?: Buffer | AsyncIterable<Buffer>;
}

/** Docker speaks HTTP to a registry on this machine without being told to (moby `registry/config.go`). */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(host);

/**
 * @returns the answer, whatever it is.
 * @throws where there is none; the error names the host alone, since a path and a query may hold a signature.
 */
export function exchange(
    url: URL,
    { method, headers, body }: Call,
    authorization: string | undefined,
    signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
    const options: RequestOptions = {
        method,
        signal,
        headers: {
            ...headers,
            ...(authorization && { Authorization: authorization }),
            ...(Buffer.isBuffer(body) && { "Content-Length": body.length }),
        },
    };
    return new Promise((resolve, reject) => {
        const request = (url.protocol === "http:" ? requestHttp : requestHttps)(url, options);
        const fail = (error: Error) =>
            reject(signal?.aborted ? error : new Error(`${url.host} cannot be reached: ${error.message}`));
        request.once("error", fail);
        request.once("response", resolve);
        if (body === undefined || Buffer.isBuffer(body)) request.end(body);
        // A failure of what is uploaded is the reason, not that the connection was cut for it.
        else {
            writeAll(body, request).catch((error: Error) => {
                reject(error);
                request.destroy();
            });
        }
    });
}
