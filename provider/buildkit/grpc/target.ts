/** The place of a buildkitd that is reached over its own API, for gRPC and for a plain connection. */
import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { schemeOf, withoutScheme } from "../address";

/** Certificates for the connection to a daemon. Each value is PEM text. */
export interface DaemonTls {
    readonly ca: string;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
    /** Name in the daemon's certificate. @default the host of the address */
    readonly serverName?: string | undefined;
}

/** Where a daemon listens: a port, or a socket or pipe of this machine. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string };

/** Returns the place that a `tcp://`, `unix://` or `npipe://` address names. */
export function placeOf(address: string): Place {
    const rest = withoutScheme(address);
    if (schemeOf(address) !== "tcp") return { path: schemeOf(address) === "npipe" ? rest.replaceAll("/", "\\") : rest };
    const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(rest) ?? [];
    return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/** Returns the address as grpc-js takes it. */
export function grpcName(address: string): string {
    const place = placeOf(address);
    return "path" in place ? `unix:${place.path}` : `dns:${withoutScheme(address)}`;
}

/**
 * Returns the `:authority` of the requests, by which proxies route them. buildx sends the server name or the host since
 * v0.36 (docker/buildx#3928).
 */
export const authorityOf = (address: string, tls: DaemonTls | undefined): string =>
    tls?.serverName ?? (schemeOf(address) === "tcp" ? withoutScheme(address) : "localhost");

/** Returns the name that the daemon's certificate must have. */
const expectedName = (address: string, tls: DaemonTls): string => {
    const place = placeOf(address);
    return tls.serverName ?? ("host" in place ? place.host : "localhost");
};

/** Returns the name to send in the handshake. As in Go, an IP address is not sent. */
export function sentName(address: string, tls: DaemonTls): string | undefined {
    const name = expectedName(address, tls);
    return isIP(name) === 0 ? name : undefined;
}

/** Returns the check of the daemon's certificate. Unlike Node.js, Go ignores the certificate's common name. */
export const identityCheck =
    (address: string, tls: DaemonTls) =>
    (_: string, certificate: PeerCertificate): Error | undefined => {
        const name = expectedName(address, tls);
        const names = certificate.subjectaltname ?? "";
        if (names.includes(isIP(name) === 0 ? "DNS:" : "IP Address:")) return checkServerIdentity(name, certificate);
        const found = names === "" ? "no subject alternative name" : `only ${names}`;
        const message = `it is not valid for ${name}, because it has ${found}`;
        return Object.assign(new Error(message), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    };
