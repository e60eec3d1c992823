import { Agent } from "node:http";
import type Docker from "dockerode";
import type { Endpoint } from "./endpoint";

/** An engine that answered, and where. */
export interface Engine {
    readonly api: Docker;
    readonly endpoint: Endpoint;
}

/** How long an engine may take to answer a first ping. */
const pingTimeout = 10_000;

/** One client, and so one pool of connections, for each engine that this process talks to. */
const clients = new Map<string, Docker>();

/** Thrown where no engine answers; the message says what was tried. */
export class UnreachableError extends Error {}

/** A client of the engine at `endpoint`; throws {@link UnreachableError} where none answers there. */
export async function connect(endpoint: Endpoint): Promise<Engine> {
    const api = clients.get(endpoint.host) ?? (await client(endpoint));
    clients.set(endpoint.host, api);
    try {
        // Its types do not know the options that dockerode itself takes here.
        const ping = api.ping.bind(api) as (options: { abortSignal: AbortSignal }) => Promise<unknown>;
        await ping({ abortSignal: AbortSignal.timeout(pingTimeout) });
    } catch (error) {
        throw new UnreachableError(
            `no Docker engine answers at ${endpoint.host} (from ${endpoint.from}): ${whyUnreachable(error)}. ` +
                "Start it, or name another one with the argument endpoint or DOCKER_HOST",
            { cause: error },
        );
    }
    return { api, endpoint };
}

async function client({ host, from }: Endpoint): Promise<Docker> {
    const { default: Dockerode } = await import("dockerode");
    const url = new URL(host);
    const agent = new Agent({ keepAlive: true });
    switch (url.protocol) {
        case "unix:":
            return new Dockerode({ socketPath: host.slice("unix://".length), agent } as Docker.DockerOptions);
        case "npipe:":
            return new Dockerode({ socketPath: host.slice("npipe://".length), agent } as Docker.DockerOptions);
        case "tcp:":
        case "http:": {
            const port = Number(url.port || 2375);
            return new Dockerode({ protocol: "http", host: url.hostname, port, agent } as Docker.DockerOptions);
        }
        default:
            throw new Error(`${host} (from ${from}) is no endpoint that this version can reach: use unix:// or tcp://`);
    }
}

function whyUnreachable(error: unknown): string {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return "there is no such socket";
    if (code === "EACCES") return "permission denied (is this user in the group docker?)";
    if (code === "ECONNREFUSED") return "the connection was refused";
    if ((error as Error).name === "TimeoutError" || code === "ABORT_ERR")
        return `no answer within ${pingTimeout / 1000} s`;
    return message;
}

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
