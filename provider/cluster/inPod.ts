import { PassThrough } from "node:stream";
import type { RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import type { Buildctl } from "../buildkit/buildctl";
import type { ExecResult } from "../execResult";
import { readAll } from "../streams";
import { untilAborted } from "../waiting";
import { pathOf } from "./apply";
import { type Cluster, connectionOptions, requestTimeout } from "./client";
import { ClusterError } from "./error";
import { loadLibrary } from "./library";
import { refused, type Status } from "./refused";
import { unreachable } from "./unreachable";
import type { Pod } from "./workloads";

/** Which container is meant. */
export type PodContainer = Pick<Pod, "namespace" | "name" | "container">;

/** The part of a WebSocket that is used. The library's own type comes from a package that has no types. */
interface Socket {
    onclose: ((event: never) => void) | null;
    close(): void;
}

/**
 * Returns the `buildctl` of a buildkitd in a pod. Each run is a process in the pod's first container (`pods/exec`),
 * where buildx runs `buildctl`, too. The user needs the right to `get` `pods/exec`, because the process is started over
 * a WebSocket; buildx needs the right to `create` it.
 */
export const inPod = (cluster: Cluster, pod: PodContainer): Buildctl => ({
    name: pod.name,
    where: `${pod.name} in the namespace ${pod.namespace} of ${cluster.where}`,
    run: (args, signal) =>
        execInPod(cluster, pod, ["buildctl", ...args], signal).catch((error: unknown) => {
            signal?.throwIfAborted();
            throw error instanceof ClusterError ? new Error(error.why, { cause: error }) : error;
        }),
});

/**
 * Runs a command in a container of a pod and waits until it exits.
 *
 * @param signal ends the wait. The command may keep running.
 * @throws {ClusterError} if the command cannot be started.
 */
export async function execInPod(
    cluster: Cluster,
    pod: PodContainer,
    command: readonly string[],
    signal?: AbortSignal,
): Promise<ExecResult> {
    const { namespace, name, container } = pod;
    const failed = `${command[0]} cannot run in the pod ${name} in the namespace ${namespace}`;
    const { Exec } = await loadLibrary();
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const texts = Promise.all([readAll(stdout), readAll(stderr)]);
    texts.catch(() => undefined);
    const exec = new Exec(await withTimeout(cluster, failed, signal));
    let onStatus: (status: Status) => void = () => undefined;
    const status = new Promise<Status>((resolve) => (onStatus = resolve));
    const opening = exec.exec(
        namespace,
        name,
        container,
        [...command],
        stdout,
        stderr,
        null,
        false,
        onStatus,
    ) as Promise<unknown> as Promise<Socket>;
    const connection = await untilAborted(opening, signal).catch(
        async (event: Error | { error?: Error; message?: string }) => {
            opening.then((late) => late.close()).catch(() => undefined);
            signal?.throwIfAborted();
            throw await whyNotOpened(cluster, pod, command, failed, event);
        },
    );
    try {
        const closed = new Promise<never>((_, reject) => {
            const why = `the connection to ${cluster.where} was closed`;
            // The status arrives in the last message before the connection is closed.
            connection.onclose = () =>
                setImmediate(() => reject(new ClusterError(failed, { kind: "unreachable", why })));
        });
        closed.catch(() => undefined);
        const ended = await untilAborted(Promise.race([status, closed]), signal);
        const exitCode = exitCodeOf(ended);
        if (exitCode === undefined) throw new ClusterError(failed, refused(500, JSON.stringify(ended), cluster));
        const [out, err] = await texts;
        return { exitCode, stdout: out.toString("utf8"), stderr: err.toString("utf8") };
    } finally {
        connection.close();
    }
}

/** Returns the kubeconfig of the library with a time limit for the connection, and credentials that are there already. */
async function withTimeout(cluster: Cluster, failed: string, signal: AbortSignal | undefined): Promise<KubeConfig> {
    const options = await connectionOptions(cluster, failed, signal);
    const applyToHTTPSOptions = (into: RequestOptions) => {
        Object.assign(into, options, { handshakeTimeout: requestTimeout });
        return Promise.resolve();
    };
    return Object.assign(Object.create(cluster.library) as KubeConfig, { applyToHTTPSOptions });
}

/** Explains why a WebSocket was not opened. */
async function whyNotOpened(
    cluster: Cluster,
    pod: PodContainer,
    command: readonly string[],
    failed: string,
    event: Error | { error?: Error; message?: string },
): Promise<Error> {
    const error = event instanceof Error ? event : (event.error ?? new Error(event.message));
    if (!/Unexpected server response/.test(error.message))
        return new ClusterError(failed, unreachable(error, cluster, requestTimeout));
    // The error has only the HTTP status of the refusal. The same request without a WebSocket is refused with a reason.
    const query = new URLSearchParams({ stdout: "true", stderr: "true", container: pod.container });
    for (const each of command) query.append("command", each);
    const path = `${pathOf({ kind: "Pod", ...pod })}/exec?${query.toString()}`;
    return cluster.request({ method: "GET", path, failed }).then(
        () => error,
        (refusal: Error) => refusal,
    );
}

/** Returns the exit code of a command. `undefined` if the command did not run. */
function exitCodeOf(status: Status & { status?: string }): number | undefined {
    if (status.status === "Success") return 0;
    const code = status.details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
    return code === undefined ? undefined : Number(code);
}
