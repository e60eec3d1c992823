import { generateKeyPairSync, sign } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Asked, type HttpServer, startHttpServer } from "./httpServer";
import { credentials } from "./registry";

/** The identity token that the server accepts, as `docker login` may store one instead of a password. */
export const identityToken = "identity-open-sesame-8";

/**
 * A server for the tokens that a registry requires. Every client gets tokens for pulling. A client with the password or
 * the identity token gets tokens for everything.
 */
export interface TokenServer extends HttpServer {
    /** The URL for token requests. */
    readonly realm: string;
    /** What a registry needs to verify the tokens. */
    readonly trust: { readonly service: string; readonly issuer: string; readonly jwks: string };
    /** All tokens issued so far. */
    readonly given: string[];
    /** Lifetime of the tokens, in seconds. A registry accepts them for 60 seconds longer. */
    lifetime: number;
}

const service = "the registry";
const issuer = "the token server";
const keyId = "of the test";

/**
 * Starts the server.
 *
 * @param folder where it may write a file.
 * @param tls speaks HTTPS with these PEM texts.
 */
export async function startTokenServer(folder: string, tls?: { cert: string; key: string }): Promise<TokenServer> {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const jwks = join(folder, `jwks-${process.hrtime.bigint()}.json`);
    const key = { ...publicKey.export({ format: "jwk" }), kid: keyId, alg: "ES256", use: "sig" };
    await writeFile(jwks, JSON.stringify({ keys: [key] }));

    const token = (scopes: string[], mayPush: boolean) => {
        const now = Math.floor(Date.now() / 1000);
        const access = scopes.map((scope) => {
            const [type, name, actions = ""] = scope.split(":");
            return { type, name, actions: actions.split(",").filter((action) => mayPush || action === "pull") };
        });
        const times = { iat: now, nbf: now - 3600, exp: now + made.lifetime };
        const claims = { iss: issuer, sub: "someone", aud: service, jti: String(Math.random()), ...times, access };
        const parts = [{ typ: "JWT", alg: "ES256", kid: keyId }, claims];
        const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
        const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" });
        const whole = `${text}.${signature.toString("base64url")}`;
        made.given.push(whole);
        return whole;
    };

    const server = await startHttpServer((asked, response) => {
        const { scopes, isKnown, isAnonymous } = whoAsks(asked);
        if (!isKnown && !isAnonymous) {
            // Worst case: the error repeats the credentials of the request, which no server should do.
            const message = `not with ${asked.authorization} and ${asked.body} and ${passwordIn(asked)}`;
            response.writeHead(401).end(JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message }] }));
            return;
        }
        const name = asked.method === "POST" ? "access_token" : "token";
        response.end(JSON.stringify({ [name]: token(scopes, isKnown) }));
    }, tls);
    const made: TokenServer = {
        ...server,
        realm: `${server.origin}/token`,
        trust: { service, issuer, jwks },
        given: [],
        lifetime: 300,
    };
    return made;
}

function whoAsks({ method, url, authorization, body }: Asked) {
    if (method === "POST") {
        const form = new URLSearchParams(body);
        const isKnown = form.get("grant_type") === "refresh_token" && form.get("refresh_token") === identityToken;
        return { scopes: form.getAll("scope"), isKnown, isAnonymous: false };
    }
    const scopes = new URL(url, "http://here").searchParams.getAll("scope");
    const isKnown = authorization === `Basic ${basicOf(credentials)}`;
    return { scopes, isKnown, isAnonymous: authorization === undefined };
}

export const basicOf = ({ username, password }: typeof credentials): string =>
    Buffer.from(`${username}:${password}`).toString("base64");

const passwordIn = ({ authorization = "" }: Asked) =>
    Buffer.from(authorization.replace("Basic ", ""), "base64").toString();
