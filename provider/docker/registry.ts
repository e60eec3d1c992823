/**
 * What this package asks of a registry itself, by its HTTP API (opencontainers/distribution-spec `spec.md`), with the
 * credentials of docker's configuration. Blobs are streamed both ways, and never held as a whole.
 */
import { createHash } from "node:crypto";
import { type IncomingMessage, request as requestHttp, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import type { Readable } from "node:stream";
import type { AuthConfig } from "dockerode";
import { registryCredentials } from "./credentials";
import { parseImageReference } from "./imageReference";
import { readAll, writeAll } from "./streams";

export interface Blob {
    readonly digest: string;
    readonly size: number;
}

/** A repository, and in it what an image's name stands for. */
export interface Repository {
    /** The name without tag and digest, as it was written. */
    readonly name: string;
    /** Of the image's tag or digest. */
    manifest(type: string): Promise<unknown>;
    /** Puts it under the image's tag, and gives its digest. */
    putManifest(type: string, text: string): Promise<string>;
    upload(content: Buffer): Promise<Blob>;
    /** Uploads in one request what is not known before, as docker does it. Each part is there until the next is asked for. */
    uploadStream(content: AsyncIterable<Buffer>): Promise<Blob>;
    download(digest: string): Promise<Readable>;
}

type Body = Buffer | AsyncIterable<Buffer>;

interface Call {
    readonly method: string;
    readonly headers?: Record<string, string>;
    readonly body?: Body;
}

/** How often an answer that sends elsewhere is followed. */
const mostRedirects = 5;

const dockerHub = "registry-1.docker.io";

/** Docker speaks HTTP to a registry on this machine without being told to (moby `registry/config.go`). */
const isLoopback = (host: string) => /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(host);

/**
 * @param image a name with a tag or digest.
 * @param access what is going to be done there, in the registry's words: `pull` or `pull,push`.
 */
export async function openRepository(image: string, access: string, signal?: AbortSignal): Promise<Repository> {
    const reference = parseImageReference(image);
    if (reference === undefined) throw new Error(`"${image}" is no image's name: write registry/name:tag`);
    const { domain, path, repository: name, tag, digest } = reference;
    const host = domain === "docker.io" ? dockerHub : domain;
    const base = `${isLoopback(host) ? "http" : "https"}://${host}/v2/${path}`;
    const session: Session = { domain, scope: `repository:${path}:${access}`, signal, authorization: undefined };
    const ask = (what: string, url: string, call: Call) => send(session, `${what} ${image}`, new URL(url), call);
    const manifestUrl = `${base}/manifests/${digest ?? tag}`;

    const startUpload = async () => {
        const answer = await ask("an upload for", `${base}/blobs/uploads/`, { method: "POST" });
        answer.resume();
        return new URL(answer.headers.location ?? "", base);
    };
    const finishUpload = async (at: URL, blob: string, body?: Buffer) => {
        at.searchParams.set("digest", blob);
        const headers = { "Content-Type": "application/octet-stream" };
        (await ask("a layer of", at.href, { method: "PUT", headers, body: body ?? Buffer.alloc(0) })).resume();
    };

    return {
        name,
        manifest: async (type) => {
            const answer = await ask("the manifest of", manifestUrl, { method: "GET", headers: { Accept: type } });
            return JSON.parse((await readAll(answer)).toString("utf8")) as unknown;
        },
        putManifest: async (type, text) => {
            const body = Buffer.from(text);
            const call = { method: "PUT", headers: { "Content-Type": type }, body };
            (await ask("the manifest of", manifestUrl, call)).resume();
            return digestOf(body);
        },
        upload: async (content) => {
            const blob = { digest: digestOf(content), size: content.length };
            await finishUpload(await startUpload(), blob.digest, content);
            return blob;
        },
        uploadStream: async (content) => {
            const at = await startUpload();
            const hash = createHash("sha256");
            let size = 0;
            const body = (async function* () {
                for await (const part of content) {
                    hash.update(part);
                    size += part.length;
                    yield part;
                }
            })();
            const headers = { "Content-Type": "application/octet-stream" };
            const answer = await ask("a layer of", at.href, { method: "PATCH", headers, body });
            answer.resume();
            const digest = `sha256:${hash.digest("hex")}`;
            await finishUpload(new URL(answer.headers.location ?? at.href, at), digest);
            return { digest, size };
        },
        download: (blob) => ask("a layer of", `${base}/blobs/${blob}`, { method: "GET" }),
    };
}

const digestOf = (content: Buffer) => `sha256:${createHash("sha256").update(content).digest("hex")}`;

interface Session {
    /** The registry, as docker's configuration names it. */
    readonly domain: string;
    readonly scope: string;
    readonly signal: AbortSignal | undefined;
    /** What the last challenge was answered with. */
    authorization: string | undefined;
}

/** Thrown where a registry refuses a request. */
export class RegistryError extends Error {
    constructor(
        message: string,
        readonly status: number,
    ) {
        super(message);
    }
}

/** Sends a request, again where it has to be authorised first or is sent elsewhere; throws where it is refused. */
async function send(session: Session, what: string, url: URL, call: Call, redirects = 0): Promise<IncomingMessage> {
    const canRepeat = call.body === undefined || Buffer.isBuffer(call.body);
    let answer = await exchange(session, url, call);
    if (answer.statusCode === 401 && canRepeat) {
        answer.resume();
        session.authorization = await authorize(session, answer);
        answer = await exchange(session, url, call);
    }
    const { statusCode: status = 0, headers } = answer;
    if (status >= 300 && status < 400 && headers.location && canRepeat && redirects < mostRedirects) {
        answer.resume();
        const next = new URL(headers.location, url);
        // Where blobs lie is often another's storage, whose address holds all that it asks for.
        const at = next.host === url.host ? session : { ...session, authorization: undefined };
        return send(at, what, next, call, redirects + 1);
    }
    if (status < 300) return answer;
    const said = saidBy((await readAll(answer).catch(() => Buffer.alloc(0))).toString("utf8"));
    const isLogin = status === 401 || status === 403;
    const advice = isLogin ? `. Log in with: docker login ${session.domain}` : "";
    throw new RegistryError(`the registry at ${url.host} refuses ${what} (${status}${said})${advice}`, status);
}

/** The errors in a registry's answer. */
function saidBy(text: string): string {
    try {
        const { errors = [] } = JSON.parse(text) as { errors?: { code?: string; message?: string }[] };
        return errors.map(({ code, message }) => `: ${message ?? code}`).join("");
    } catch {
        return "";
    }
}

function exchange(
    { authorization, signal }: Session,
    url: URL,
    { method, headers, body }: Call,
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
        const fail = (error: Error) => {
            const why = signal?.aborted
                ? error
                : new Error(`the registry at ${url.host} cannot be reached: ${error.message}`);
            reject(why);
        };
        request.once("error", fail);
        request.once("response", resolve);
        if (body === undefined || Buffer.isBuffer(body)) request.end(body);
        // A failure of what is uploaded is the reason, not that the connection was cut for it.
        else {
            writeAll(body, request).catch((error: Error) => {
                reject(error);
                request.destroy();
            });
        }
    });
}

/** Answers a registry's challenge (distribution-spec; docker's `docs/spec/auth/token.md`). */
async function authorize({ domain, scope, signal }: Session, { headers }: IncomingMessage): Promise<string> {
    const challenge = headers["www-authenticate"] ?? "";
    const credentials = await registryCredentials(domain);
    if (/^basic/i.test(challenge)) {
        if (credentials === undefined)
            throw new Error(`the registry ${domain} asks for a password. Log in with: docker login ${domain}`);
        return basic(credentials);
    }
    const parameters = Object.fromEntries(
        [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
    );
    if (!/^bearer/i.test(challenge) || !parameters.realm)
        throw new Error(`the registry ${domain} asks for a login in a way that is not known here: "${challenge}"`);
    return `Bearer ${await fetchToken({ ...parameters, realm: parameters.realm }, scope, credentials, signal)}`;
}

interface Challenge {
    realm: string;
    service?: string;
}

function basic(credentials: AuthConfig): string {
    const { username = "", password = "" } = credentials as { username?: string; password?: string };
    return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

async function fetchToken(
    { realm, service = "" }: Challenge,
    scope: string,
    credentials: AuthConfig | undefined,
    signal: AbortSignal | undefined,
): Promise<string> {
    const { identitytoken: refreshToken } = (credentials ?? {}) as { identitytoken?: string };
    const url = new URL(realm);
    const query = { service, scope };
    const answer = await (refreshToken
        ? fetch(url, {
              method: "POST",
              body: new URLSearchParams({
                  ...query,
                  grant_type: "refresh_token",
                  refresh_token: refreshToken,
                  client_id: "pulumi-buildx",
              }),
              signal: signal ?? null,
          })
        : fetch(`${url.href}${url.search ? "&" : "?"}${new URLSearchParams(query).toString()}`, {
              headers: credentials ? { Authorization: basic(credentials) } : {},
              signal: signal ?? null,
          }));
    const found = (await answer.json().catch(() => ({}))) as { token?: string; access_token?: string };
    const token = found.token ?? found.access_token;
    if (answer.ok && token) return token;
    throw new Error(`${url.host} gives no token for ${scope} (${answer.status}): check docker login`);
}
