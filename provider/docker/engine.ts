import { createHash } from "node:crypto";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type Docker from "dockerode";
import type { Endpoint } from "./endpoint";

/** An engine that answered, and where. */
export interface Engine {
    readonly api: Docker;
    readonly endpoint: Endpoint;
}

/** How long an engine may take to answer a first ping, in milliseconds. */
const pingTimeout = 9_000;

/** One client, and so one pool of connections, for each engine that this process talks to. */
const clients = new Map<string, Docker>();

/** Thrown where no engine answers; the message says what was tried. */
export class UnreachableError extends Error {}

/** A client of the engine at `endpoint`; throws {@link UnreachableError} where none answers there. */
export async function connect(endpoint: Endpoint): Promise<Engine> {
    const key = createHash("sha256")
        .update(JSON.stringify([endpoint.host, endpoint.tls]))
        .digest("hex");
    const api = clients.get(key) ?? (await client(endpoint));
    clients.set(key, api);
    try {
        // Its types do not know the options that dockerode itself takes here.
        const ping = api.ping.bind(api) as (options: { abortSignal: AbortSignal }) => Promise<unknown>;
        await ping({ abortSignal: AbortSignal.timeout(pingTimeout) });
    } catch (error) {
        throw new UnreachableError(
            `no Docker engine answers at ${endpoint.host} (from ${endpoint.from}): ${whyUnreachable(error, endpoint)}`,
            { cause: error },
        );
    }
    return { api, endpoint };
}

async function client(endpoint: Endpoint): Promise<Docker> {
    const [{ default: Dockerode }, options] = await Promise.all([import("dockerode"), transport(endpoint)]);
    // The client fills in from DOCKER_HOST what it is not given, such as a host beside a socket's path.
    const { DOCKER_HOST: host } = process.env;
    delete process.env.DOCKER_HOST;
    try {
        return new Dockerode(options);
    } finally {
        if (host !== undefined) process.env.DOCKER_HOST = host;
    }
}

/** What the client is to be told of how to reach an engine. */
async function transport({ host, tls, from }: Endpoint): Promise<object> {
    const url = new URL(host);
    const options = { keepAlive: true };
    switch (url.protocol) {
        case "unix:":
        case "npipe:":
            return { socketPath: host.slice(`${url.protocol}//`.length), agent: new HttpAgent(options) };
        case "ssh:": {
            const { SshAgent } = await import("./ssh");
            return { protocol: "http", host: "docker", port: 80, agent: new SshAgent(host) };
        }
        case "tcp:":
        case "http:":
        case "https:": {
            const at = { host: url.hostname, port: Number(url.port || 2375) };
            if (tls === undefined && url.protocol !== "https:")
                return { ...at, protocol: "http", agent: new HttpAgent(options) };
            const { ca, cert, key, skipVerify = false } = tls ?? {};
            const agent = new HttpsAgent({ ...options, ca, cert, key, rejectUnauthorized: !skipVerify });
            return { ...at, protocol: "https", agent };
        }
        default:
            throw new Error(`${host} (from ${from}) cannot be reached: use unix://, tcp:// or ssh://`);
    }
}

function whyUnreachable(error: unknown, { tls }: Endpoint): string {
    const { code = "", message } = error as NodeJS.ErrnoException;
    const start = "Start it, or name another one with the argument endpoint or DOCKER_HOST";
    if (code === "ENOENT") return `there is no such socket. ${start}`;
    if (code === "EACCES") return `permission denied (is this user in the group docker?). ${start}`;
    if (code === "ECONNREFUSED") return `the connection was refused. ${start}`;
    if ((error as Error).name === "TimeoutError" || code === "ABORT_ERR")
        return `no answer within ${pingTimeout / 1000} s. ${start}`;
    if (/HTTP request to an HTTPS server/.test(message))
        return "it speaks TLS. Give the argument tls, or name a docker context that has its certificates";
    if (code === "EPROTO" && tls !== undefined && /wrong version number|packet length/.test(message))
        return "it does not speak TLS. Leave out the argument tls, or unset DOCKER_TLS_VERIFY";
    if (/^ERR_SSL_.*(ALERT|HANDSHAKE)/.test(code) || (code === "EPROTO" && /alert/.test(message)))
        return `it does not accept the client's certificate (${message.trim()}). tls.cert and tls.key have to be signed by the authority that the engine trusts`;
    if (/CERT|ISSUER|SIGNATURE|TLS/.test(code))
        return `its certificate is not trusted (${message}). tls.ca has to be the authority that signed it, for that host name`;
    if (/Host key verification failed|HOST IDENTIFICATION HAS CHANGED|No .* host key is known/.test(message))
        return `its host key is not the one in known_hosts (${lastLine(message)}). Connect once with ssh to look at the key and accept it`;
    if (/Permission denied/.test(message))
        return `${lastLine(message)}. ssh has to log in without a question: add the key to the agent`;
    return message;
}

const lastLine = (text: string) => text.trim().split(/\r?\n/).at(-1) ?? "";

/** What the engine answered to a call that failed: its status code, where there was an answer at all. */
export const statusOf = (error: unknown): number | undefined => (error as { statusCode?: number }).statusCode;

/** For `.catch`: `undefined` for what the engine does not have; every other failure goes on. */
export function ifNotFound(error: unknown): undefined {
    if (statusOf(error) === 404) return undefined;
    throw error;
}

/** A call that failed, in a sentence: what was asked, of which engine, and the engine's own word on it. */
export const failedCall = (what: string, { endpoint }: Engine, error: unknown): Error =>
    new Error(`${what} on ${endpoint.host}: ${engineMessage(error)}`, { cause: error });

/** The engine's own sentence about a failure, without the client's words around it. */
export function engineMessage(error: unknown): string {
    const message = error instanceof Error ? error.message : String(error);
    return message.replace(/^\(HTTP code \d+\) [^-]*- /, "").trim();
}
