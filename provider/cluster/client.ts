import type { KubeConfig } from "@kubernetes/client-node";
import type { Kubeconfig } from "./kubeconfig";

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
export interface Cluster {
    readonly kubeconfig: Kubeconfig;
    /** Name for messages, for example `the cluster of the context kind (https://127.0.0.1:6443)`. */
    readonly where: string;
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
    void kubeconfig;
    throw new Error("not implemented");
}
