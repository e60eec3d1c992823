/** Finds out why no gRPC call reaches a daemon. grpc-js does not report the error of the connection. */
import { connect as connectHttp2 } from "node:http2";
import { connect as connectSocket } from "node:net";
import { authorityOf, type DaemonTls, identityCheck, placeOf, sentName } from "./target";

/** Error of Node.js or OpenSSL. */
export type ConnectionError = NodeJS.ErrnoException & { readonly reason?: string };

/**
 * Connects to a daemon and waits for its first message, because a daemon rejects a client's certificate only after the
 * handshake.
 *
 * @returns the error of the connection; `undefined` if the daemon responds.
 */
export function connectionError(
    address: string,
    tls: DaemonTls | undefined,
    signal: AbortSignal,
): Promise<ConnectionError | undefined> {
    const place = placeOf(address);
    const authority = authorityOf(address, tls);
    const name = tls && sentName(address, tls);
    const session = connectHttp2(
        `${tls === undefined ? "http" : "https"}://${authority}`,
        tls === undefined
            ? { createConnection: () => connectSocket(place) }
            : {
                  ...place,
                  ca: tls.ca,
                  ...(tls.cert !== undefined && { cert: tls.cert }),
                  ...(tls.key !== undefined && { key: tls.key }),
                  servername: name ?? "",
                  checkServerIdentity: identityCheck(address, tls),
              },
    );
    return new Promise((resolve) => {
        const end = (error?: ConnectionError) => {
            signal.removeEventListener("abort", onAbort);
            session.destroy();
            resolve(error);
        };
        const onAbort = () => end(signal.reason as Error);
        signal.addEventListener("abort", onAbort, { once: true });
        session.once("remoteSettings", () => end());
        session.on("error", (error: ConnectionError) => end(error));
        session.once("close", () => end(Object.assign(new Error("closed by the daemon"), { code: "ECONNRESET" })));
        if (signal.aborted) onAbort();
    });
}
