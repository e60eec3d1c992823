/** One HTTP request to a registry, or to another host that it names. */
import { type IncomingMessage, request as requestHttp, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { writeAll } from "../streams";

export interface Call {
    readonly method: string;
    readonly headers?: Record<string, string>;
    /** A streamed body can be sent only once. */
    readonly body?: Buffer | AsyncIterable<Buffer>;
}

/** Whether a host is this machine. Docker by default uses HTTP for a registry on it (moby `registry/config.go`). */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(host);

/**
 * Sends a request.
 *
 * @returns the response, of any status.
 * @throws {Error} if there is no response. The error names only the host, because a path or query may have a signature.
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
        // If the source of the body fails, report its error, not the connection that is cut because of it.
        else {
            writeAll(body, request).catch((error: Error) => {
                reject(error);
                request.destroy();
            });
        }
    });
}
