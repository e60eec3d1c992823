/**
 * How a registry is told who asks: the answer to its challenge, with the credentials of docker's configuration
 * (distribution-spec `spec.md`; distribution `docs/content/spec/auth/token.md` and `oauth.md`).
 */
import type { IncomingMessage } from "node:http";
import type { AuthConfig } from "dockerode";
import { registryCredentials } from "./credentials";
import { type Call, exchange, isLoopback } from "./registryCall";
import { saidBy } from "./registryError";
import { readAll } from "./streams";

/** What is logged in to. */
export interface LoginTo {
    /** The registry, as docker's configuration names it. */
    readonly domain: string;
    /** The URL that the registry is spoken to at. */
    readonly url: URL;
    /** What is going to be done there, such as `repository:caches/ci:pull,push`. */
    readonly scope: string;
    readonly signal: AbortSignal | undefined;
    /** Tells the user something that is no reason to give up. */
    readonly warn?: ((text: string) => unknown) | undefined;
}

export interface Login {
    /** The header of that name. */
    readonly authorization: string;
    /** What no message may tell. */
    readonly secrets: readonly string[];
    /** What can be done where it is not enough. */
    readonly advice: string;
}

/**
 * @param answer the registry's, with status 401. Where it offers several ways, a token is taken rather than the password.
 * @throws where docker's configuration has no password, or none that is taken, and where it would be sent in clear.
 */
export async function logIn(to: LoginTo, { headers }: IncomingMessage): Promise<Login> {
    const { domain } = to;
    const challenges = parseChallenges(headers["www-authenticate"] ?? "");
    const { auth, trouble } = await registryCredentials(domain);
    if (trouble !== undefined) to.warn?.(`${trouble}. ${domain} is asked without what it may have`);
    const credentials = auth as Credentials | undefined;
    const advice = loginAdvice(domain, trouble);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (bearer !== undefined) return fetchToken(to, bearer.parameters, credentials, advice);
    if (!challenges.some(({ scheme }) => scheme === "basic")) {
        const offered = challenges.map(({ scheme }) => scheme).join(", ") || "no way that has a name";
        throw new Error(`the registry ${domain} asks for a login by ${offered}: only basic and bearer are known here`);
    }
    if (credentials === undefined || credentials.password === "")
        throw new Error(`the registry ${domain} asks for a password. ${advice}`);
    return { authorization: basic(credentials), secrets: secretsOf(credentials), advice };
}

/**
 * What can be done where a registry wants another login.
 *
 * @param trouble why a part of docker's configuration could not be asked.
 */
export const loginAdvice = (domain: string, trouble?: string): string =>
    trouble === undefined
        ? `Log in with: docker login ${domain}`
        : `The probable cause: ${trouble}. Or log in with: docker login ${domain}`;

type Credentials = AuthConfig & { username: string; password: string; identitytoken?: string };

interface Challenge {
    /** In lower case. */
    readonly scheme: string;
    readonly parameters: Readonly<Record<string, string>>;
}

/** The challenges of a `WWW-Authenticate` header (RFC 9110, section 11.6.1), of which there may be several. */
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
        const asked = { grant_type: "refresh_token", refresh_token: refreshToken, client_id: "pulumi-buildx" };
        const headers = { "Content-Type": "application/x-www-form-urlencoded" };
        const body = Buffer.from(new URLSearchParams({ ...query, ...asked }).toString());
        call = { method: "POST", headers, body };
    } else for (const [key, value] of Object.entries(query)) server.searchParams.append(key, value);
    const hasPassword = credentials !== undefined && !refreshToken;
    const answer = await exchange(server, call, hasPassword ? basic(credentials) : undefined, signal);
    const secrets = credentials ? secretsOf(credentials) : [];
    const { statusCode: status = 0 } = answer;
    if (status !== 200) {
        // Nor is an answer followed that sends elsewhere: what it is asked with is for this host alone.
        throw new Error(
            `${server.host} gives no token for ${scope} (${status}${await saidBy(answer, secrets)}). ` + advice,
        );
    }
    const token = tokenIn((await readAll(answer)).toString("utf8"));
    if (!token) throw new Error(`${server.host} answers with no token for ${scope}, where ${domain} says to get one`);
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
 * Where the registry says that tokens are given. Docker and containerd send the password to whatever address that is; here
 * it has to be one of HTTPS, but for a registry on this machine that is spoken to without: then one on this machine, too.
 */
function tokenServer(realm: string, registry: URL, domain: string): URL {
    if (!URL.canParse(realm)) throw new Error(`the registry ${domain} does not say where it gives tokens`);
    const server = new URL(realm);
    const isPlain = registry.protocol === "http:" && server.protocol === "http:" && isLoopback(server.host);
    if (server.protocol === "https:" || isPlain) return server;
    throw new Error(
        `the registry ${domain} has tokens asked of ${server.protocol}//${server.host}, where a password would be read on ` +
            "the way: have the registry name an https:// address as realm of its auth.token",
    );
}
