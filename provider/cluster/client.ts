import * as http from "node:http";
import * as https from "node:https";
import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { readAll } from "../streams";
import { untilAborted } from "../waiting";
import { ClusterError } from "./error";
import { type Kubeconfig, type NamedCluster, pinnedKubeconfig } from "./kubeconfig";
import { loadLibrary } from "./library";
import { refused } from "./refused";
import { whyNoCredentials, unreachable } from "./unreachable";

/** How long the API server may take to answer a request, in milliseconds. */
export const requestTimeout = 10_000;

/** A request of the API server. */
export interface ClusterRequest {
    readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
    /** Path and query, for example `/api/v1/namespaces/default/pods?limit=1`. */
    readonly path: string;
    readonly body?: unknown;
    /** @default "application/json" */
    readonly contentType?: string;
    /** What fails if the request fails, for messages, for example `Deployment kube0 cannot be read`. */
    readonly failed: string;
}

/** A Kubernetes cluster as one user sees it. */
export interface Cluster extends NamedCluster {
    /** The kubeconfig as the library has it, for its `Exec`. */
    readonly library: KubeConfig;
    /**
     * Sends a request, and returns the body of the response: an object if it is JSON, otherwise its text.
     *
     * @throws {ClusterError} if the API server does not answer within {@link requestTimeout}, or refuses the request.
     * @throws the signal's reason if the signal aborts.
     */
    request<Body = unknown>(request: ClusterRequest, signal?: AbortSignal): Promise<Body>;
}

/** Loads the client library. It sends no request. */
export async function openCluster(kubeconfig: Kubeconfig): Promise<Cluster> {
    const { KubeConfig: Config } = await loadLibrary();
    const library = new Config();
    library.loadFromString(pinnedKubeconfig(forLibrary(kubeconfig)));
    const { context, server } = kubeconfig;
    const cluster: Cluster = {
        kubeconfig,
        where: `the cluster of the context ${context} (${server})`,
        library,
        request: (request, signal) => send(cluster, request, signal),
    };
    return cluster;
}

/**
 * Returns a kubeconfig in the form that the library understands. It knows the file of a token only as an auth provider,
 * and it refuses `http`, which needs no certificate.
 */
function forLibrary(kubeconfig: Kubeconfig): Kubeconfig {
    const { tokenFile, ...user } = kubeconfig.user;
    const isPlain = kubeconfig.server.startsWith("http:");
    return {
        ...kubeconfig,
        ...(typeof tokenFile === "string" && {
            user: { ...user, "auth-provider": { name: "tokenFile", config: { tokenFile } } },
        }),
        ...(isPlain && { cluster: { ...kubeconfig.cluster, "insecure-skip-tls-verify": true } }),
    };
}

/** Returns the options of a connection: certificates, headers with the credentials, and the proxy. */
export async function connectionOptions(
    cluster: Cluster,
    failed: string,
    signal: AbortSignal | undefined,
): Promise<https.RequestOptions> {
    const options: https.RequestOptions = {};
    // The library does not limit how long an exec plugin takes. The plugin may ask the user to log in.
    await untilAborted(cluster.library.applyToHTTPSOptions(options), signal).catch((cause: Error) => {
        signal?.throwIfAborted();
        const why = whyNoCredentials(cause, cluster.kubeconfig);
        throw new ClusterError(failed, { kind: "credentials", why, cause });
    });
    // The library impersonates the user that `as` names, but not the groups.
    const { "as-groups": groups } = cluster.kubeconfig.user;
    return Array.isArray(groups)
        ? { ...options, headers: { ...options.headers, "Impersonate-Group": groups } }
        : options;
}

async function send<Body>(cluster: Cluster, request: ClusterRequest, signal: AbortSignal | undefined): Promise<Body> {
    const { method, path, body, failed, contentType = "application/json" } = request;
    const options = await connectionOptions(cluster, failed, signal);
    const timeout = AbortSignal.timeout(requestTimeout);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    const content = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
        ...options.headers,
        Accept: "application/json",
        ...(content !== undefined && { "Content-Type": contentType, "Content-Length": Buffer.byteLength(content) }),
    };
    const response = await exchange(
        `${cluster.kubeconfig.server}${path}`,
        { ...options, method, headers, signal: either },
        content,
    ).catch((error: Error) => {
        signal?.throwIfAborted();
        const cause = timeout.aborted ? (timeout.reason as Error) : error;
        throw new ClusterError(failed, unreachable(cause, cluster, requestTimeout));
    });
    const { status, text, isJson } = response;
    if (status >= 400) throw new ClusterError(failed, refused(status, text, cluster));
    return (isJson ? JSON.parse(text) : text) as Body;
}

interface Response {
    readonly status: number;
    readonly text: string;
    readonly isJson: boolean;
}

function exchange(url: string, options: https.RequestOptions, content: string | undefined): Promise<Response> {
    return new Promise((resolve, reject) => {
        const client = url.startsWith("https:") ? https : http;
        const request = client.request(url, options, (response) => {
            readAll(response).then((body) => {
                const isJson = /^application\/json/.test(response.headers["content-type"] ?? "");
                resolve({ status: response.statusCode ?? 0, text: body.toString("utf8"), isJson });
            }, reject);
        });
        request.on("error", reject);
        request.end(content);
    });
}
