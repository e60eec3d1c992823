/** Explains why no API server responds, and what to do. */
import type { ClusterErrorDetails } from "./error";
import type { Kubeconfig, NamedCluster } from "./kubeconfig";

/**
 * Returns why a cluster cannot be reached, and what to do.
 *
 * @param error the error of Node.js, OpenSSL or a proxy.
 * @param timeout the timeout of the request, in milliseconds.
 */
export function unreachable(error: Error, { kubeconfig, where }: NamedCluster, timeout: number): ClusterErrorDetails {
    const { code = "", name, message } = error as NodeJS.ErrnoException;
    const { host } = new URL(kubeconfig.server);
    const cause = error;
    const certificate = whyCertificate(error, kubeconfig);
    if (certificate !== undefined) return { kind: "certificate", why: `${where} ${certificate}`, cause };
    const because =
        name === "TimeoutError" || code === "ETIMEDOUT" || /timed out/.test(message)
            ? `did not respond within ${timeout / 1000} s`
            : (causes[code]?.(host) ?? `cannot be reached (${message.trim()})`);
    return { kind: "unreachable", why: `${where} ${because}. ${advice(kubeconfig)}`, cause };
}

const causes: Readonly<Record<string, (host: string) => string>> = {
    ECONNREFUSED: (host) => `refused the connection: nothing listens at ${host}`,
    ENOTFOUND: (host) => `was not found: the host name of ${host} is not known`,
    EAI_AGAIN: (host) => `was not found: the host name of ${host} cannot be resolved now`,
    EHOSTUNREACH: (host) => `cannot be reached: there is no route to ${host}`,
    ENETUNREACH: (host) => `cannot be reached: there is no route to ${host}`,
    ECONNRESET: () => "closed the connection",
    EPIPE: () => "closed the connection",
};

const advice = ({ from }: Kubeconfig) =>
    `Start the cluster, or check the server of ${from}; a VPN or a proxy may be needed to reach it`;

/** Returns which certificate was refused, as the rest of a sentence. `undefined` if none was. */
function whyCertificate(error: Error, { from }: Kubeconfig): string | undefined {
    const { code = "", message, reason = message.trim() } = error as NodeJS.ErrnoException & { reason?: string };
    if (/wrong version number|packet length/i.test(message))
        return `does not use TLS (${reason}). Change the server of ${from} to http://`;
    if (/ALERT|HANDSHAKE_FAILURE/.test(code) || (code === "EPROTO" && /alert/.test(message)))
        return `refused the client certificate (${reason}). Renew the client certificate of ${from}`;
    if (/^ERR_OSSL|^ERR_CRYPTO/.test(code))
        return `was not called, because a certificate or key of ${from} cannot be used (${reason}). Renew the kubeconfig`;
    if (/CERT|ISSUER|SIGNATURE|ALTNAME/.test(code))
        return `has a certificate that is not trusted (${message.split(";")[0]}). The certificate-authority of ${from} must be the authority of this cluster, and the certificate must be for this address`;
    return undefined;
}

/** Returns why there are no credentials for a request, and what to do. */
export function whyNoCredentials(error: Error, { from, user, names }: Kubeconfig): string {
    const { code, message, path } = error as NodeJS.ErrnoException;
    const { command, installHint } = (user.exec ?? {}) as { command?: string; installHint?: string };
    const reason = message.trim() || "it wrote no error";
    if (command !== undefined && code === "ENOENT")
        return `the credential plugin ${command} of ${from} was not found. ${installHint?.trim() || `Install ${command}`}`;
    if (command !== undefined)
        return `the credential plugin ${command} of ${from} failed: ${reason.replace(/\.$/, "")}. Log in again, or run the plugin to see why`;
    if (code === "ENOENT" && path !== undefined)
        return `${path}, which ${from} names for the user ${names.user} or its cluster, does not exist. Create the file, or renew the kubeconfig`;
    return `the credentials of the user ${names.user} of ${from} cannot be used: ${reason}. Log in again, or renew the kubeconfig`;
}
