import { createHash } from "node:crypto";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { inspect } from "node:util";
import type Docker from "dockerode";
import { Answers } from "./answers";
import { loadClient } from "./client";
import type { Endpoint } from "./endpoint";
import { whyUnreachable } from "./unreachable";
import { hasGpuHook, hasWslLibraries } from "./thisHost";

/** An engine that answered, and where. */
export interface Engine {
    readonly api: Docker;
    readonly endpoint: Endpoint;
    readonly answers: Answers;
}

/** Of the engine's answer to `docker info`, what does not change while it runs. */
export interface EngineTraits {
    /** The engine's own mark. */
    readonly ID?: string;
    /** Of its host, such as `x86_64`. */
    readonly Architecture?: string;
    readonly CgroupDriver?: string;
    readonly SecurityOptions?: readonly string[] | null;
    readonly MemoryLimit?: boolean;
    readonly SwapLimit?: boolean;
    readonly CpuCfsQuota?: boolean;
    readonly CpuCfsPeriod?: boolean;
    readonly CPUShares?: boolean;
    readonly CPUSet?: boolean;
    readonly Runtimes?: Readonly<Record<string, object>> | null;
    /** Devices that the engine found by itself, such as `nvidia.com/gpu=0`; from Docker 28.3 on. */
    readonly DiscoveredDevices?: readonly { readonly ID?: string }[] | null;
    /** Podman alone has it. */
    readonly BuildahVersion?: string;
    /** Not of the answer: this machine is a distribution in WSL that has libraries for GPUs, and the engine is on it. */
    readonly hasWslLibraries?: boolean;
    /** Not of the answer: the engine is on this machine, which has a program for GPUs in containers. */
    readonly hasGpuHook?: boolean;
}

/** How long an engine may take to answer a first ping, in milliseconds. */
const pingTimeout = 8_000;

/** How long its answer holds, in seconds. */
const pingHolds = 1;

/** One client, and so one pool of connections, for each engine that this process talks to. */
const clients = new Map<string, Pick<Engine, "api" | "answers">>();

/** Thrown where no engine answers; the message says what was tried. */
export class UnreachableError extends Error {}

/** A client of the engine at `endpoint`; throws {@link UnreachableError} where none answers there. */
export async function connect(endpoint: Endpoint): Promise<Engine> {
    const key = createHash("sha256")
        .update(JSON.stringify([endpoint.host, endpoint.tls]))
        .digest("hex");
    const known = clients.get(key) ?? { api: await client(endpoint), answers: new Answers() };
    clients.set(key, known);
    try {
        await known.answers.share("ping", pingHolds, () => ping(known.api));
    } catch (error) {
        throw new UnreachableError(
            `no Docker engine answers at ${endpoint.host} (from ${endpoint.from}): ${whyUnreachable(error, endpoint, pingTimeout)}`,
            { cause: error },
        );
    }
    return { ...known, endpoint };
}

async function ping(api: Docker): Promise<void> {
    // Its types do not know the options that dockerode itself takes here.
    const ask = api.ping.bind(api) as (options: { abortSignal: AbortSignal }) => Promise<unknown>;
    const answer = await ask({ abortSignal: AbortSignal.timeout(pingTimeout) });
    if (String(answer) !== "OK") throw new Error("it answers something else to a ping");
}

/** What an engine says of itself and its host; asked once in the life of this process. */
export const traitsOf = ({ api, answers, endpoint }: Engine): Promise<EngineTraits> =>
    answers.share("info", Infinity, async () => {
        const [info, inWsl, hook] = await Promise.all([
            api.info() as Promise<EngineTraits>,
            hasWslLibraries(endpoint),
            hasGpuHook(endpoint),
        ]);
        return { ...info, hasWslLibraries: inWsl, hasGpuHook: hook };
    });

async function client(endpoint: Endpoint): Promise<Docker> {
    const [Dockerode, options] = await Promise.all([loadClient(), transport(endpoint)]);
    // At each request the client writes down all of its options for a debug log, whether there is one or not. The agent
    // holds every connection with all that hangs on it: a fifth of the time of a short program.
    Object.defineProperty(options.agent, inspect.custom, { value: () => "[agent]" });
    // The client fills in from DOCKER_HOST what it is not given, such as a host beside a socket's path.
    const { DOCKER_HOST: host } = process.env;
    delete process.env.DOCKER_HOST;
    try {
        return new Dockerode(options as object);
    } finally {
        if (host !== undefined) process.env.DOCKER_HOST = host;
    }
}

interface Transport {
    readonly agent: HttpAgent;
    readonly [option: string]: unknown;
}

/** What the client is to be told of how to reach an engine. */
async function transport({ host, tls, from }: Endpoint): Promise<Transport> {
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

/** Whether an engine gives containers users of their own, with whom none can be privileged. */
export const remapsUsers = ({ SecurityOptions: options }: Pick<EngineTraits, "SecurityOptions">): boolean =>
    (options ?? []).some((option) => option.split(",").includes("name=userns"));

/** Whether an engine manages cgroups itself; one that has systemd do it takes no path as a container's cgroup. */
export const takesCgroupParent = ({ CgroupDriver: driver }: EngineTraits): boolean => driver === "cgroupfs";

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
