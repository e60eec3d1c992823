/** Explains why a daemon does not respond over its own API, and what to do. */
import { attemptTimeout, DaemonError, startDaemon, tooSlow } from "../daemon";
import { type ConnectionError, notHttp2 } from "./probe";
import type { DaemonTls } from "./target";

/** @param error the error of the connection. */
export function connectionFailure(error: ConnectionError, tls: DaemonTls | undefined): DaemonError {
    if (error.name === "TimeoutError") return tooSlow(attemptTimeout);
    const why = ofTls(error, tls);
    if (why !== undefined) return new DaemonError(why, { mayBeStarting: false, cause: error });
    const { code = "" } = error;
    const hint = tls === undefined && code === "ECONNRESET" ? ". If it requires TLS, set the argument tls" : "";
    const message = `${ofConnection(error)}${hint}. ${startDaemon}`;
    return new DaemonError(message, { mayBeStarting: startingCodes.includes(code), cause: error });
}

/** Advice for an address at which something else responds. */
const correct = "Correct the argument endpoint. For a Docker engine, use a BuildxBuilder";

const startingCodes = [
    ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH", "ETIMEDOUT"],
    ...["EAI_AGAIN", "ENOTFOUND", "ENOENT"],
];

function ofConnection({ code = "", message }: ConnectionError): string {
    if (code === "ENOENT") return "socket not found";
    if (code === "EACCES") return "this user has no permission to use the socket";
    if (code === "ECONNREFUSED") return "connection refused";
    if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `host not found (${message})`;
    if (code === "EHOSTUNREACH" || code === "ENETUNREACH") return `no route to the host (${message})`;
    if (code === "ECONNRESET" || code === "EPIPE") return `the connection was closed (${message.trim()})`;
    return message.trim();
}

function ofTls({ code = "", message, reason = message.trim() }: ConnectionError, tls: DaemonTls | undefined) {
    if (code === notHttp2) return `the server at this address is not a BuildKit daemon (${message}). ${correct}`;
    if (tls === undefined) return undefined;
    if (/wrong version number|packet length/.test(message))
        return "the daemon does not use TLS. Remove the argument tls, or start buildkitd with --tlscert and --tlskey";
    if (/no application protocol/i.test(message))
        return `the server at this address is not a BuildKit daemon (it does not offer HTTP/2). ${correct}`;
    const isAlert = /^ERR_SSL_.*(ALERT|HANDSHAKE)/.test(code) || (code === "EPROTO" && /alert/.test(message));
    if (/ALERT_CERTIFICATE_REQUIRED/.test(code) || (isAlert && tls.cert === undefined))
        return `the daemon requires a client certificate (${reason}). Set tls.cert and tls.key`;
    if (isAlert)
        return `the daemon rejects the client certificate (${reason}). Set tls.cert to a certificate that is signed by the authority of the daemon`;
    if (/^ERR_OSSL/.test(code)) return `the argument tls cannot be used (${reason}). Correct its certificates`;
    if (/ALTNAME/.test(code))
        return `the daemon's certificate is for another name (${message.replace(/^.*altnames: /, "")}). Set tls.serverName to a name in the certificate`;
    if (/CERT|ISSUER|SIGNATURE/.test(code))
        return `the daemon's certificate is not trusted (${message.split(";")[0]}). Set tls.ca to the authority that signed it`;
    return undefined;
}
