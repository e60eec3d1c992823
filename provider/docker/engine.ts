import { createHash } from "node:crypto";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { inspect } from "node:util";
import type Docker from "dockerode";
import { Answers } from "./answers";
import { loadClient } from "./client";
import type { Endpoint } from "./endpoint";
import { retry, seconds as inSeconds } from "../retry";
import { untilAborted, type Waiting } from "../waiting";
import { hasGpuHook, hasWslLibraries } from "./thisHost";
import { mayBeStarting, whyUnreachable } from "./unreachable";

/** An engine that answered, and where. */
export interface Engine {
    readonly api: Docker;
    readonly endpoint: Endpoint;
    readonly answers: Answers;
}

/** Fields of `docker info` that are false if the engine's host cannot set a limit (Docker Engine API, `SystemInfo`). */
export type LimitTrait =
    "MemoryLimit" | "SwapLimit" | "CpuCfsQuota" | "CpuCfsPeriod" | "CPUShares" | "CPUSet" | "PidsLimit";

/** Of the engine's answer to `docker info`, what does not change while it runs. */
export interface EngineTraits extends Readonly<Partial<Record<LimitTrait, boolean>>> {
    /** The engine's own mark; none if it has one that does not last. */
    readonly ID?: string | undefined;
    /** Of its host, such as `x86_64`. */
    readonly Architecture?: string;
    readonly CgroupDriver?: string;
    readonly SecurityOptions?: readonly string[] | null;
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

/**
 * How long an engine may take to answer a first ping, in milliseconds; one behind ssh longer, where the user's own ssh
 * configuration gives a connection more.
 */
const pingTimeout = 8_000;

/** How long its answer holds, in seconds. */
const pingHolds = 1;

/** One client, and so one pool of connections, for each engine that this process talks to. */
const clients = new Map<string, Promise<Client>>();

type Client = Pick<Engine, "api" | "answers"> & { readonly timeout: number };

/** Thrown where no engine answers; the message says what was tried. */
export class UnreachableError extends Error {}

/** How long an engine that may be just starting is waited for. */
export interface Patience {
    /** From the first attempt on. */
    readonly seconds: number;
    /** The argument that says so, where there is one. */
    readonly argument?: string;
    readonly waiting: Waiting;
}

/**
 * A client of the engine at `endpoint`.
 *
 * @param patience for an engine whose machine the same program creates: one behind `tcp://` or `ssh://` that does not answer
 *   yet is asked again. Left out, it is asked once, within {@link pingTimeout}.
 * @throws UnreachableError where none answers there, or none within the patience.
 */
export async function connect(endpoint: Endpoint, patience?: Patience): Promise<Engine> {
    const key = createHash("sha256")
        .update(JSON.stringify([endpoint.host, endpoint.tls]))
        .digest("hex");
    const making = clients.get(key) ?? makeClient(endpoint);
    clients.set(key, making);
    making.catch(() => clients.delete(key));
    const { timeout, ...known } = await making;
    const ask = () => known.answers.share("ping", pingHolds, () => ping(known.api, timeout));
    const why = (error: unknown) => whyUnreachable(error, endpoint, timeout);
    try {
        await (patience === undefined ? ask() : askUntilThere(ask, why, endpoint, patience));
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
    const tried = isWaitedFor ? `. It was waited for ${seconds} s${argument ? ` (${argument})` : ""}` : "";
    return new UnreachableError(
        `no Docker engine answers at ${endpoint.host} (from ${endpoint.from}): ${why}${tried}`,
        { cause: error },
    );
}

/** Asks until an engine answers, or it is clear that none will, and shows what is waited for. */
function askUntilThere(
    ask: () => Promise<void>,
    whyNot: (error: unknown) => string,
    endpoint: Endpoint,
    { seconds, argument, waiting: { report, signal } }: Patience,
): Promise<void> {
    return retry(() => untilAborted(ask(), signal), {
        patience: (error) => (mayBeStarting(error, endpoint) ? seconds : 0),
        signal,
        since: performance.now(),
        onRetry: (error, _, left) => {
            const [why] = whyNot(error).split(". ");
            const limit = `trying again for ${inSeconds(left)}${argument ? ` (${argument})` : ""}`;
            report(`no Docker engine answers at ${endpoint.host} yet (${why}): ${limit}`);
        },
    });
}

async function ping(api: Docker, timeout: number): Promise<void> {
    // Its types do not know the options that dockerode itself takes here.
    const ask = api.ping.bind(api) as (options: { abortSignal: AbortSignal }) => Promise<unknown>;
    const answer = await ask({ abortSignal: AbortSignal.timeout(timeout) });
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
        // Podman makes up another mark for each answer (podman: `pkg/api/handlers/compat/info.go`).
        const ID = info.BuildahVersion === undefined ? info.ID : undefined;
        return { ...info, ID, hasWslLibraries: inWsl, hasGpuHook: hook };
    });

async function makeClient(endpoint: Endpoint): Promise<Client> {
    const [Dockerode, { timeout = pingTimeout, ...options }] = await Promise.all([loadClient(), transport(endpoint)]);
    // At each request the client writes down all of its options for a debug log, whether there is one or not. The agent
    // holds every connection with all that hangs on it: a fifth of the time of a short program.
    Object.defineProperty(options.agent, inspect.custom, { value: () => "[agent]" });
    // The client fills in from DOCKER_HOST what it is not given, such as a host beside a socket's path.
    const { DOCKER_HOST: host } = process.env;
    delete process.env.DOCKER_HOST;
    try {
        return { api: new Dockerode(options as object), answers: new Answers(), timeout };
    } finally {
        if (host !== undefined) process.env.DOCKER_HOST = host;
    }
}

interface Transport {
    readonly agent: HttpAgent;
    /** Milliseconds until a first ping is given up. Default: {@link pingTimeout}. */
    readonly timeout?: number;
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
