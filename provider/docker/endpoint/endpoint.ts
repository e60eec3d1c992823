/**
 * Finds the endpoint of an engine as the docker CLI does (docker/cli `cli/command/cli.go`, `resolveContextName`).
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readDockerConfig } from "./configFile";
import { readContext } from "./context";
import { materialInEnvironment, readMaterial, type TlsArguments, type TlsMaterial } from "./tls";

export interface Endpoint {
    /** URL of the engine: `unix:///var/run/docker.sock`, `tcp://host:port`, `ssh://user@host:port`. */
    readonly host: string;
    /** `undefined`: no TLS. */
    readonly tls: TlsMaterial | undefined;
    /** The docker context that the host was found in; `undefined` if it was found elsewhere. */
    readonly context: string | undefined;
    /** The source of the host, for messages. */
    readonly from: string;
}

const defaultSocket = "/var/run/docker.sock";
const hostUrl = /^(unix|npipe|tcp|ssh):\/\//;

/** The port that docker adds to a `tcp://` host without a port, also with TLS. */
const tcpPort = 2375;

/** Reason why an `ssh://` host with a password is not valid. */
/** Whether an endpoint is a host URL. Otherwise it is a context's name. */
export const isHost = (endpoint: string): boolean => hostUrl.test(endpoint);

/**
 * Returns the endpoint of an engine. If `given` is omitted, returns the docker CLI's endpoint. If that is the default
 * socket and it does not exist, returns a rootless engine's socket, which the docker CLI does not look for.
 *
 * @param given a docker context's name or a host URL.
 * @param tls the TLS files for a `tcp://` host. If omitted, the docker CLI's TLS files are used.
 */
export async function findEndpoint(given?: string, tls?: TlsArguments): Promise<Endpoint> {
    if (given !== undefined) return endpointOf(given, "the argument endpoint", tls);
    const { DOCKER_HOST: host, DOCKER_CONTEXT: context } = process.env;
    if (host) return atHost(host, "DOCKER_HOST", tls);
    if (context) return context === "default" ? atDefaultSocket() : inContext(context, "DOCKER_CONTEXT");
    const { currentContext } = await readDockerConfig();
    if (currentContext && currentContext !== "default") return inContext(currentContext, "docker's config.json");
    return atDefaultSocket();
}

/**
 * Returns the docker CLI's current endpoint as buildx computes it, for the key under which `docker buildx use` stores a
 * choice. It is the current context's name, or the default context's host (buildx: `util/dockerutil/context.go`,
 * `GetCurrentEndpoint`; docker/cli: `opts/hosts.go`, `ParseHost`). It is never a rootless engine's socket, because the
 * docker CLI does not look for it.
 */
export async function currentEndpoint(): Promise<string> {
    const { DOCKER_HOST: host, DOCKER_CONTEXT: variable, DOCKER_TLS_VERIFY: verify, DOCKER_TLS: tls } = process.env;
    if (host) return completeHost(host);
    const name = variable || (await readDockerConfig()).currentContext || "default";
    if (name !== "default") return name;
    if (verify || tls) return "tcp://localhost:2376";
    return process.platform === "win32" ? "npipe:////./pipe/docker_engine" : `unix://${defaultSocket}`;
}

/** Returns the endpoint that a record names by a context's name or a host. */
export const recordedEndpoint = (stored: string): Promise<Endpoint> => endpointOf(stored, "the builder's record");

async function endpointOf(given: string, from: string, tls?: TlsArguments): Promise<Endpoint> {
    const { DOCKER_HOST: host } = process.env;
    if (given === "default") return host ? atHost(host, from, tls) : atDefaultSocket();
    return isHost(given) ? atHost(given, from, tls) : inContext(given, from);
}

async function atHost(host: string, from: string, given?: TlsArguments): Promise<Endpoint> {
    const complete = completeHost(host);
    const isTcp = complete.startsWith("tcp://");
    const tls = !isTcp ? undefined : given ? await readMaterial(given) : await materialInEnvironment();
    return { host: complete, tls, context: undefined, from };
}

/** Returns a host with the parts that docker adds if they are missing (docker/cli `opts/hosts.go`). */
function completeHost(given: string): string {
    const host = given.includes("://") ? given.trim() : `tcp://${given.trim()}`;
    if (host === "unix://") return `unix://${defaultSocket}`;
    const [, name] = /^tcp:\/\/([^/]*)\/?$/.exec(host) ?? [];
    if (name === undefined) return host;
    const [, machine = "", port = ""] = /^(.*?)(?::(\d*))?$/.exec(name.replace(/^(\[.*\])$/, "$1:")) ?? [];
    return `tcp://${machine || "localhost"}:${port || tcpPort}`;
}

function atDefaultSocket(): Promise<Endpoint> {
    const rootless = join(process.env.XDG_RUNTIME_DIR || `/run/user/${process.getuid?.() ?? 0}`, "docker.sock");
    if (process.platform === "win32") return atHost("npipe:////./pipe/docker_engine", "the default pipe");
    if (!existsSync(defaultSocket) && existsSync(rootless)) return atHost(`unix://${rootless}`, "the rootless socket");
    return atHost(`unix://${defaultSocket}`, "the default socket");
}

async function inContext(name: string, source: string): Promise<Endpoint> {
    const context = await readContext(name);
    if (context === undefined) {
        throw new Error(
            `endpoint "${name}" (${source}) is neither a host URL (unix://, tcp://, ssh://) nor a docker context. List contexts with: docker context ls`,
        );
    }
    const { host, tls } = context;
    if (host === "")
        throw new Error(
            `docker context "${name}" (${source}) has no docker endpoint. Show it with: docker context inspect ${name}`,
        );
    return { host, tls, context: name, from: `context ${name}, set by ${source}` };
}
