/**
 * Login to a registry: answers its challenge with the credentials of docker's configuration (distribution-spec
 * `spec.md`; distribution `docs/content/spec/auth/token.md` and `oauth.md`).
 */
import type { IncomingMessage } from "node:http";
import type { AuthConfig } from "dockerode";
import { registryCredentials } from "./credentials";
import { type Call, exchange, isLoopback } from "./call";
import { errorIn } from "./error";
import { readAll } from "../streams";

/** The registry and the access for which to log in. */
export interface LoginTo {
    /** The registry's name in image names, `docker.io` for Docker Hub. */
    readonly domain: string;
    /** The URL at which the registry is reached. */
    readonly url: URL;
    /** The access to request, for example `repository:caches/ci:pull,push`. */
    readonly scope: string;
    readonly signal: AbortSignal | undefined;
    /** Warns the user about a problem that does not end the login. */
    readonly warn?: ((text: string) => unknown) | undefined;
}

export interface Login {
    /** The `Authorization` header. */
    readonly authorization: string;
    /** Texts that no message may contain. */
    readonly secrets: readonly string[];
    /** Advice if the registry rejects a request with this login. */
    readonly advice: string;
}

/**
 * Logs in to a registry.
 *
 * @param answer the registry's response with status 401. If it offers several schemes, a token is used rather than the
 *   password.
 * @throws {Error} if docker's configuration has no password or none that is accepted, if the password would be sent
 *   unencrypted, or if the registry offers neither basic nor bearer authentication.
 */
export async function logIn(to: LoginTo, { headers }: IncomingMessage): Promise<Login> {
    const { domain } = to;
    const challenges = parseChallenges(headers["www-authenticate"] ?? "");
    const { auth, problem } = await registryCredentials(domain);
    if (problem !== undefined) to.warn?.(`${problem}. Querying ${domain} without the credentials that it may have`);
    const credentials = auth as Credentials | undefined;
    const advice = loginAdvice(domain, problem);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (bearer !== undefined) return fetchToken(to, bearer.parameters, credentials, advice);
    if (!challenges.some(({ scheme }) => scheme === "basic")) {
        const offered = challenges.map(({ scheme }) => scheme).join(", ") || "an unnamed scheme";
        throw new Error(`the registry ${domain} requires a login with ${offered}: only basic and bearer are supported`);
    }
    if (credentials === undefined || credentials.password === "")
        throw new Error(`the registry ${domain} requires a password. ${advice}`);
    return { authorization: basic(credentials), secrets: secretsOf(credentials), advice };
}

/**
 * Returns advice for a registry that requires another login.
 *
 * @param problem why a part of docker's configuration could not be queried.
 */
export const loginAdvice = (domain: string, problem?: string): string =>
    problem === undefined
        ? `Log in with: docker login ${domain}`
        : `Probable cause: ${problem}. Or log in with: docker login ${domain}`;

type Credentials = AuthConfig & { username: string; password: string; identitytoken?: string };

interface Challenge {
    /** In lower case. */
    readonly scheme: string;
    readonly parameters: Readonly<Record<string, string>>;
}

/** Returns the challenges of a `WWW-Authenticate` header, which may have several (RFC 9110, section 11.6.1). */
export function parseChallenges(header: string): Challenge[] {
    const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
    const part = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([\w-]+)/g;
    for (const [, key, quoted, plain, scheme] of header.matchAll(part)) {
        if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: {} });
        const last = challenges.at(-1);
        if (last && key) last.parameters[key.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "";
    }
    return challenges;
}

const basicValue = ({ username, password }: Credentials) => Buffer.from(`${username}:${password}`).toString("base64");

const basic = (credentials: Credentials) => `Basic ${basicValue(credentials)}`;

const secretsOf = (credentials: Credentials) => [
    credentials.password,
    basicValue(credentials),
    credentials.identitytoken ?? "",
];

async function fetchToken(
    { domain, url, scope, signal }: LoginTo,
    { realm = "", service }: Readonly<Record<string, string>>,
    credentials: Credentials | undefined,
    advice: string,
): Promise<Login> {
    const server = tokenServer(realm, url, domain);
    const query = { ...(service && { service }), scope };
    const refreshToken = credentials?.identitytoken;
    let call: Call = { method: "GET" };
    if (refreshToken) {
        const grant = { grant_type: "refresh_token", refresh_token: refreshToken, client_id: "pulumi-buildx" };
        const headers = { "Content-Type": "application/x-www-form-urlencoded" };
        const body = Buffer.from(new URLSearchParams({ ...query, ...grant }).toString());
        call = { method: "POST", headers, body };
    } else for (const [key, value] of Object.entries(query)) server.searchParams.append(key, value);
    const hasPassword = credentials !== undefined && !refreshToken;
    const answer = await exchange(server, call, hasPassword ? basic(credentials) : undefined, signal);
    const secrets = credentials ? secretsOf(credentials) : [];
    const { statusCode: status = 0 } = answer;
    if (status !== 200) {
        // A redirect is not followed either, because the request's credentials are only for this host.
        throw new Error(
            `${server.host} refuses a token for ${scope} (${status}${await errorIn(answer, secrets)}). ` + advice,
        );
    }
    const token = tokenIn((await readAll(answer)).toString("utf8"));
    if (!token) throw new Error(`${server.host}, the token server of ${domain}, returned no token for ${scope}`);
    return { authorization: `Bearer ${token}`, secrets: [...secrets, token], advice };
}

function tokenIn(text: string): string | undefined {
    try {
        const { token, access_token: accessToken } = JSON.parse(text) as { token?: string; access_token?: string };
        return token || accessToken;
    } catch {
        return undefined;
    }
}

/**
 * Returns the address at which the registry issues tokens. Docker and containerd send the password to any address. Here
 * it must be an HTTPS address. If the registry is reached over HTTP, which is possible only on this machine, an HTTP
 * address on this machine is also accepted.
 */
function tokenServer(realm: string, registry: URL, domain: string): URL {
    if (!URL.canParse(realm))
        throw new Error(`the registry ${domain} requires a token, but names no valid address of a token server`);
    const server = new URL(realm);
    const isPlain = registry.protocol === "http:" && server.protocol === "http:" && isLoopback(server.host);
    if (server.protocol === "https:" || isPlain) return server;
    throw new Error(
        `the token server of the registry ${domain} is ${server.protocol}//${server.host}, which is not encrypted, so others ` +
            "could read the password in transit. Set an https:// address as realm of the registry's auth.token",
    );
}
