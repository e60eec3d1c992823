import { createHash } from "node:crypto";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { inspect } from "node:util";
import type Docker from "dockerode";
import { RequestCache } from "./requestCache";
import { loadClient } from "./client";
import { explainFailures } from "./explainFailures";
import type { Endpoint } from "../endpoint/endpoint";
import { retry, seconds as inSeconds } from "../../retry";
import { untilAborted, type Waiting } from "../../waiting";
import { hasGpuHook, hasWslLibraries } from "./thisHost";
import { mayBeStarting, whyUnreachable } from "../endpoint/unreachable";

/** An engine that responded, and its endpoint. */
export interface Engine {
    readonly api: Docker;
    readonly endpoint: Endpoint;
    readonly requests: RequestCache;
}

/** Fields of `docker info` that are false if the engine's host cannot set a limit (Docker Engine API, `SystemInfo`). */
export type LimitTrait =
    "MemoryLimit" | "SwapLimit" | "CpuCfsQuota" | "CpuCfsPeriod" | "CPUShares" | "CPUSet" | "PidsLimit";

/** Fields of `docker info` that do not change while the engine runs. */
export interface EngineTraits extends Readonly<Partial<Record<LimitTrait, boolean>>> {
    /** The engine's identifier; `undefined` if the engine does not keep its identifier. */
    readonly ID?: string | undefined;
    /** The architecture of the engine's host, for example `x86_64`. */
    readonly Architecture?: string;
    readonly CgroupDriver?: string;
    readonly SecurityOptions?: readonly string[] | null;
    readonly Runtimes?: Readonly<Record<string, object>> | null;
    /** Devices that the engine discovered itself, for example `nvidia.com/gpu=0` (Docker 28.3 and later). */
    readonly DiscoveredDevices?: readonly { readonly ID?: string }[] | null;
    /** Only Podman returns this field. */
    readonly BuildahVersion?: string;
    /** Not from `docker info`: the engine is on this machine, a WSL distribution that has libraries for GPUs. */
    readonly hasWslLibraries?: boolean;
    /** Not from `docker info`: the engine is on this machine, which has a program for GPUs in containers. */
    readonly hasGpuHook?: boolean;
}

/**
 * Timeout of the first ping of an engine, in milliseconds. Over ssh it is longer if the user's ssh configuration has a
 * longer connection timeout.
 */
const pingTimeout = 8_000;

/** How long the response to a ping is reused, in seconds. */
const pingHolds = 1;

/** One client for each engine that this process connects to, and so one connection pool for each engine. */
const clients = new Map<string, Promise<Client>>();

type Client = Pick<Engine, "api" | "requests"> & { readonly timeout: number };

/** Thrown if no engine responds. The message names the endpoint, the cause and the time that was waited. */
export class UnreachableError extends Error {
    /** The cause without the endpoint, for messages that already name the endpoint. */
    readonly why: string;

    /** @param options.why the cause without the endpoint. @default the message */
    constructor(message: string, { why = message, ...options }: ErrorOptions & { readonly why?: string } = {}) {
        super(message, options);
        this.why = why;
    }
}

/** How long to wait for an engine that may be starting. */
export interface Patience {
    /** Seconds from the first attempt. */
    readonly seconds: number;
    /** The argument that sets the seconds, if there is one. */
    readonly argument?: string;
    readonly waiting: Waiting;
}

/**
 * Connects to the engine at `endpoint`.
 *
 * @param patience for an engine whose machine the same program creates. If an engine behind `tcp://`, `http://`,
 *   `https://` or `ssh://` does not respond yet, it is pinged again. If omitted, the engine is pinged once, with
 *   {@link pingTimeout}.
 * @throws {UnreachableError} if no engine responds, or not within the patience.
 */
export async function connect(endpoint: Endpoint, patience?: Patience): Promise<Engine> {
    const key = createHash("sha256")
        .update(JSON.stringify([endpoint.host, endpoint.tls]))
        .digest("hex");
    const making = clients.get(key) ?? makeClient(endpoint);
    clients.set(key, making);
    making.catch(() => clients.delete(key));
    const { timeout, ...known } = await making;
    const pingOnce = () => known.requests.get("ping", pingHolds, () => ping(known.api, timeout));
    const why = (error: unknown) => whyUnreachable(error, endpoint, timeout);
    try {
        await (patience === undefined ? pingOnce() : pingUntilReady(pingOnce, why, endpoint, patience));
    } catch (error) {
        patience?.waiting.signal.throwIfAborted();
        throw unreachable(error, why(error), endpoint, patience);
    }
    return { ...known, endpoint };
}

function unreachable(
    error: unknown,
    why: string,
    endpoint: Endpoint,
    patience: Patience | undefined,
): UnreachableError {
    const { seconds, argument } = patience ?? {};
    const isWaitedFor = seconds !== undefined && mayBeStarting(error, endpoint);
    const tried = isWaitedFor ? `. Waited for ${seconds} s${argument ? ` (${argument})` : ""}` : "";
    return new UnreachableError(
        `no Docker engine responds at ${endpoint.host} (from ${endpoint.from}): ${why}${tried}`,
        { cause: error, why },
    );
}

/** Pings until an engine responds or an error shows that none will. Reports each retry. */
function pingUntilReady(
    pingOnce: () => Promise<void>,
    whyNot: (error: unknown) => string,
    endpoint: Endpoint,
    { seconds, argument, waiting: { report, signal } }: Patience,
): Promise<void> {
    return retry(() => untilAborted(pingOnce(), signal), {
        patience: (error) => (mayBeStarting(error, endpoint) ? seconds : 0),
        signal,
        since: performance.now(),
        onRetry: (error, _, left) => {
            const [why] = whyNot(error).split(". ");
            const limit = `retrying for ${inSeconds(left)}${argument ? ` (${argument})` : ""}`;
            report(`no Docker engine responds at ${endpoint.host} yet (${why}): ${limit}`);
        },
    });
}

async function ping(api: Docker, timeout: number): Promise<void> {
    // dockerode accepts options here that its types do not have.
    const send = api.ping.bind(api) as (options: { abortSignal: AbortSignal }) => Promise<unknown>;
    const response = await send({ abortSignal: AbortSignal.timeout(timeout) });
    if (String(response) !== "OK") throw new Error("unexpected response to /_ping");
}

/** Returns what an engine reports about itself and its host. The response is kept for the life of this process. */
export const traitsOf = ({ api, requests, endpoint }: Engine): Promise<EngineTraits> =>
    requests.get("info", Infinity, async () => {
        const [info, inWsl, hook] = await Promise.all([
            api.info() as Promise<EngineTraits>,
            hasWslLibraries(endpoint),
            hasGpuHook(endpoint),
        ]);
        // Podman generates a new identifier for each response (podman: `pkg/api/handlers/compat/info.go`).
        const ID = info.BuildahVersion === undefined ? info.ID : undefined;
        return { ...info, ID, hasWslLibraries: inWsl, hasGpuHook: hook };
    });

async function makeClient(endpoint: Endpoint): Promise<Client> {
    const [Dockerode, { timeout = pingTimeout, ...options }] = await Promise.all([loadClient(), transport(endpoint)]);
    // The client formats all its options for a debug log at each request, even if that log is off. The agent references
    // every connection with its objects, so formatting the agent takes a fifth of a short program's time.
    Object.defineProperty(options.agent, inspect.custom, { value: () => "[agent]" });
    // The client takes missing options from DOCKER_HOST, for example a host in addition to a socket's path.
    const { DOCKER_HOST: host } = process.env;
    delete process.env.DOCKER_HOST;
    try {
        const api = new Dockerode(options as object);
        const requests = new RequestCache();
        explainFailures(api, (error) => {
            requests.forget("ping");
            return unreachable(error, whyUnreachable(error, endpoint, timeout), endpoint, undefined);
        });
        return { api, requests, timeout };
    } finally {
        if (host !== undefined) process.env.DOCKER_HOST = host;
    }
}

interface Transport {
    readonly agent: HttpAgent;
    /**
     * Timeout of the first ping, in milliseconds.
     *
     * @default {@link pingTimeout}
     */
    readonly timeout?: number;
    readonly [option: string]: unknown;
}

/** Returns the client's options for connecting to an engine. */
async function transport({ host, tls, from }: Endpoint): Promise<Transport> {
    const url = new URL(host);
    const options = { keepAlive: true };
    switch (url.protocol) {
        case "unix:":
        case "npipe:":
            return { socketPath: host.slice(`${url.protocol}//`.length), agent: new HttpAgent(options) };
        case "ssh:": {
            const { SshAgent } = await import("../endpoint/ssh");
            const agent = await SshAgent.to(host);
            const timeout = Math.max(pingTimeout, ((agent.userTimeout ?? 0) + 1) * 1000);
            return { protocol: "http", host: "docker", port: 80, agent, timeout };
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
            throw new Error(
                `${host} (from ${from}) is not a supported host URL: must start with unix://, npipe://, tcp:// or ssh://`,
            );
    }
}

/** Whether an engine remaps the users of containers (`userns-remap`), so that no container can be privileged. */
export const remapsUsers = ({ SecurityOptions: options }: Pick<EngineTraits, "SecurityOptions">): boolean =>
    (options ?? []).some((option) => option.split(",").includes("name=userns"));

/** Whether an engine manages cgroups itself. With systemd, an engine accepts no path as a container's cgroup. */
export const takesCgroupParent = ({ CgroupDriver: driver }: EngineTraits): boolean => driver === "cgroupfs";

/** Returns the HTTP status of a failed call, or `undefined` if the engine did not respond. */
export const statusOf = (error: unknown): number | undefined => (error as { statusCode?: number }).statusCode;

/** For `.catch`: returns `undefined` if the engine did not find the object, and rethrows every other error. */
export function ifNotFound(error: unknown): undefined {
    if (statusOf(error) === 404) return undefined;
    throw error;
}

/** Returns an error for a failed call, which names the call, the engine and the engine's message. */
export const failedCall = (what: string, { endpoint }: Engine, error: unknown): Error =>
    new Error(`${what} on ${endpoint.host}: ${engineMessage(error)}`, { cause: error });

/** Returns the engine's message about a failure, without the text that the client adds, or why there is no response. */
export function engineMessage(error: unknown): string {
    if (error instanceof UnreachableError) return error.why;
    const message = error instanceof Error ? error.message : String(error);
    return message.replace(/^\(HTTP code \d+\) [^-]*- /, "").trim();
}
