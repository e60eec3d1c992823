/**
 * Finds out whether a connection to a daemon works. grpc-js does not report why it cannot connect, and neither grpc-js nor
 * the HTTP/2 client of Node.js ends if a daemon rejects the certificate of a client, because the daemon does so only after
 * the handshake of TLS 1.3.
 */
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type DaemonTls, identityCheck, placeOf, sentName } from "./target";

/** Error of Node.js or OpenSSL. */
export type ConnectionError = NodeJS.ErrnoException & { readonly reason?: string };

/** The type of a frame of settings, the fourth byte of the frame. */
const settingsFrame = 4;

/** The start of an HTTP/2 connection: its preface, and an empty frame of settings (RFC 9113, section 3.4). */
const preface = Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Buffer.from([0, 0, 0, settingsFrame, 0, 0, 0, 0, 0]),
]);

/** The code of the error for a server that does not speak HTTP/2. */
export const notHttp2 = "ERR_NOT_HTTP2";

/**
 * Connects to a daemon and waits for the settings that an HTTP/2 server sends first.
 *
 * @returns the error of the connection; `undefined` if the daemon responds.
 */
export function connectionError(
    address: string,
    tls: DaemonTls | undefined,
    signal: AbortSignal,
): Promise<ConnectionError | undefined> {
    const socket = socketTo(address, tls);
    return new Promise((resolve) => {
        const end = (error?: ConnectionError) => {
            signal.removeEventListener("abort", onAbort);
            socket.destroy();
            resolve(error);
        };
        const onAbort = () => end(signal.reason as Error);
        signal.addEventListener("abort", onAbort, { once: true });
        socket.on("error", end);
        socket.once("data", (data: Buffer) =>
            end(data[3] === settingsFrame ? undefined : withCode("it does not respond with HTTP/2", notHttp2)),
        );
        socket.once("close", () => end(withCode("closed by the daemon", "ECONNRESET")));
        socket.write(preface);
        if (signal.aborted) onAbort();
    });
}

function socketTo(address: string, tls: DaemonTls | undefined): Socket {
    if (tls === undefined) return connectPlain(placeOf(address));
    const { ca, cert, key } = tls;
    return connectTls({
        ...placeOf(address),
        ca,
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
        ALPNProtocols: ["h2"],
        servername: sentName(address, tls) ?? "",
        checkServerIdentity: identityCheck(address, tls),
    });
}

const withCode = (message: string, code: string): ConnectionError => Object.assign(new Error(message), { code });
