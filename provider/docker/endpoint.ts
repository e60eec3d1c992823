/**
 * Which engine is meant, found as the docker CLI finds it (docker/cli `cli/command/cli.go`,
 * `resolveContextName`) and written down as buildx does (`util/dockerutil`, `builder.validateEndpoint`).
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { dockerConfigFolder, readDockerConfig } from "./configFile";

export interface Endpoint {
    /** Where the engine listens: `unix:///var/run/docker.sock`, `tcp://host:port`. */
    readonly host: string;
    /** What buildx's record holds: the docker context's name where there is one, else the host. */
    readonly stored: string;
    /** From where the host was taken, for messages. */
    readonly from: string;
}

const defaultSocket = "/var/run/docker.sock";
const hostUrl = /^(unix|npipe|tcp|ssh|http|https|fd):\/\//;

/**
 * @param asked a docker context's name or a host URL; omitted: what the docker CLI would use.
 */
export async function findEndpoint(asked?: string): Promise<Endpoint> {
    if (asked !== undefined) return endpointOf(asked, "the argument endpoint");
    const { DOCKER_HOST: host, DOCKER_CONTEXT: context } = process.env;
    if (host) return atHost(host, "DOCKER_HOST");
    if (context && context !== "default") return inContext(context, "DOCKER_CONTEXT");
    const { currentContext } = await readDockerConfig();
    if (currentContext && currentContext !== "default") return inContext(currentContext, "docker's config.json");
    return atDefaultSocket();
}

/** The endpoint that a record names, which is a context's name or a host. */
export const storedEndpoint = async (stored: string): Promise<Endpoint> => endpointOf(stored, "the builder's record");

function endpointOf(asked: string, from: string): Promise<Endpoint> | Endpoint {
    if (asked === "default") return process.env.DOCKER_HOST ? atHost(process.env.DOCKER_HOST, from) : atDefaultSocket();
    return hostUrl.test(asked) ? atHost(asked, from) : inContext(asked, from);
}

function atHost(host: string, from: string): Endpoint {
    const complete = host === "unix://" ? `unix://${defaultSocket}` : host;
    return { host: complete, stored: complete, from };
}

function atDefaultSocket(): Endpoint {
    const rootless = join(process.env.XDG_RUNTIME_DIR || `/run/user/${process.getuid?.() ?? 0}`, "docker.sock");
    if (process.platform === "win32") return atHost("npipe:////./pipe/docker_engine", "the default pipe");
    if (!existsSync(defaultSocket) && existsSync(rootless)) return atHost(`unix://${rootless}`, "the rootless socket");
    return atHost(`unix://${defaultSocket}`, "the default socket");
}

const contextFolder = (kind: "meta" | "tls", name: string) =>
    join(dockerConfigFolder(), "contexts", kind, createHash("sha256").update(name).digest("hex"));

/** Whether docker has a context of this name (docker/cli `cli/context/store`). */
export const isContext = (name: string): Promise<boolean> =>
    access(join(contextFolder("meta", name), "meta.json")).then(
        () => true,
        () => false,
    );

async function inContext(name: string, source: string): Promise<Endpoint> {
    const from = `context ${name}, named by ${source}`;
    if (!(await isContext(name))) {
        throw new Error(
            `endpoint "${name}" (${source}) is neither a host URL (unix://, tcp://) nor a docker context: docker context ls lists the contexts`,
        );
    }
    const meta = JSON.parse(await readFile(join(contextFolder("meta", name), "meta.json"), "utf8")) as {
        Endpoints?: { docker?: { Host?: string } };
    };
    const host = meta.Endpoints?.docker?.Host;
    if (!host)
        throw new Error(`docker context "${name}" (${source}) has no docker endpoint: docker context inspect ${name}`);
    if (existsSync(contextFolder("tls", name))) {
        throw new Error(`docker context "${name}" (${source}) uses TLS, which this version does not speak yet`);
    }
    return { host, stored: name, from };
}
