/** Explains why no engine responds, and what to do. */
import { sshMayBeStarting, whySshRefused } from "../../ssh/failure";
import { lastLine } from "../../text/lastLine";
import type { Endpoint } from "./endpoint";
import type { TlsMaterial } from "./tls";

/**
 * Returns why no engine responds, and what to do.
 *
 * @param error the error of Node.js, OpenSSL, `ssh` or the server that responded.
 * @param timeout the timeout of the request, in milliseconds.
 */
export function whyUnreachable(error: unknown, { host, tls }: Endpoint, timeout: number): string {
    const { code = "", name } = error as NodeJS.ErrnoException;
    if (name === "TimeoutError" || code === "ABORT_ERR") return `no response within ${timeout / 1000} s. ${start}`;
    const { protocol } = new URL(host);
    return (
        (protocol === "ssh:" ? ofSsh(error as Error, new URL(host)) : undefined) ??
        (protocol === "tcp:" ? ofTls(error as OpenSslError, tls) : undefined) ??
        ofConnection(error as NodeJS.ErrnoException)
    );
}

/**
 * Whether the machine of an engine that cannot be reached may still be starting. It may if nothing listens, if there is
 * no route or no name, or if a proxy or `ssh` reports that the engine is not available. It is not starting if a
 * certificate, a host key or a login is rejected. A local socket belongs to this machine, which is running.
 *
 * @param error the error of Node.js, `ssh` or the server that responded.
 */
export function mayBeStarting(error: unknown, { host }: Endpoint): boolean {
    const { code = "", name, message, statusCode = 0 } = error as NodeJS.ErrnoException & { statusCode?: number };
    if (!/^(tcp|https?|ssh):/.test(host)) return false;
    if (name === "TimeoutError" || startingCodes.includes(code) || statusCode >= 500) return true;
    return host.startsWith("ssh:") && sshMayBeStarting(message);
}

const startingCodes = [
    ...["ABORT_ERR", "ECONNREFUSED", "ECONNRESET", "EPIPE", "EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH", "ETIMEDOUT"],
    ...["EAI_AGAIN", "ENOTFOUND"],
];

const start = "Start the engine, or select another one with the argument endpoint or DOCKER_HOST";

function ofConnection({ code = "", message }: NodeJS.ErrnoException): string {
    if (code === "ENOENT") return `socket not found. ${start}`;
    if (code === "EACCES") return `permission denied (is this user in the group docker?). ${start}`;
    if (code === "ECONNREFUSED") return `connection refused. ${start}`;
    if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `host not found (${message}). ${start}`;
    if (code === "EHOSTUNREACH" || code === "ENETUNREACH") return `no route to the host (${message}). ${start}`;
    if (code === "ECONNRESET" || code === "EPIPE") return `the connection was closed (${message.trim()}). ${start}`;
    return `the server is not a Docker engine (${message.trim()}). ${start}`;
}

/** Error whose `reason` is OpenSSL's own text. The message also has line numbers of OpenSSL's source code. */
type OpenSslError = NodeJS.ErrnoException & { reason?: string };

function ofTls({ code = "", message, reason = message.trim() }: OpenSslError, tls: TlsMaterial | undefined) {
    if (/HTTP request to an HTTPS server/.test(message))
        return "the engine requires TLS. Set the argument tls, or select a docker context that has its certificates";
    if (tls === undefined) return undefined;
    if (/wrong version number|packet length/.test(message))
        return `the engine does not use TLS, but ${tls.from} requires it. Remove that setting`;
    if (/ALERT_CERTIFICATE_REQUIRED/.test(code) || (isAlert(code, message) && tls.cert === undefined))
        return `the engine requires a client certificate (${reason}), but ${tls.from} has none`;
    if (isAlert(code, message))
        return `the engine rejects the client certificate of ${tls.from} (${reason}): it must be signed by the authority that the engine trusts`;
    if (/^ERR_OSSL/.test(code)) return `${tls.from} cannot be used (${reason})`;
    if (/CERT|ISSUER|SIGNATURE|TLS/.test(code))
        return `the engine's certificate is not trusted (${message.split(";")[0]}): it must be signed by the authority of ${tls.from}, for this host name`;
    return undefined;
}

const isAlert = (code: string, message: string) =>
    /^ERR_SSL_.*(ALERT|HANDSHAKE)/.test(code) || (code === "EPROTO" && /alert/.test(message));

function ofSsh({ message }: Error, url: URL): string | undefined {
    const last = lastLine(message);
    if (/docker: .*not found/.test(message)) return `${last}. docker must be on the PATH of this user's ssh sessions`;
    return whySshRefused(message, url) ?? (/^ssh: /.test(message) ? `${last}. ${start}` : undefined);
}
