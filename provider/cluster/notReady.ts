import { listByFields, pathOf } from "./apply";
import type { Cluster } from "./client";
import { isClusterError } from "./error";
import type { KubernetesObject } from "./objects";
import { retry } from "../retry";
import { type NotReady, readPodStatus } from "./podStatus";
import { getClaim, type Pod } from "./workloads";

export type { NotReady } from "./podStatus";

/** Seconds for which the log of a container is requested again. */
const patience = 5;

/** How many lines of a container's log are read, and how many of them an error shows. */
const [readLines, shownLines] = [200, 15];

/**
 * Lines of the help that buildkitd writes after an error in its flags. The help and the error are on different streams, so
 * the error may be before the help or after it.
 */
const isHelp = (line: string): boolean => /^\s+-|^\s*$/.test(line);

/**
 * Returns why a pod is not ready, with details that the pod's status does not have: the end of the log of a container
 * that exited, and the events of the pod and of its claims. `undefined` if the pod is ready.
 */
export async function whyNotReady(cluster: Cluster, pod: Pod, signal?: AbortSignal): Promise<NotReady | undefined> {
    const reason = readPodStatus(pod);
    switch (reason?.kind) {
        case "exited": {
            const log = await lastLogLines(cluster, pod, reason.container ?? pod.container, signal);
            return { ...reason, text: `${reason.text}. Last lines of its log:\n${log.replace(/^/gm, "  ")}` };
        }
        case "unschedulable":
            return /claim/i.test(reason.text) ? ((await claimReason(cluster, pod, signal)) ?? reason) : reason;
        case "image":
        case "starting":
            return withEvent(cluster, pod, reason, signal);
        default:
            return reason;
    }
}

/** Reasons of warnings about a pod that does not start. Other warnings may concern a pod that starts. */
const startFailures = /^Failed|^NetworkNotReady$|^InspectFailed$/;

/** Adds the last warning about a pod, for example that a ConfigMap or a volume cannot be mounted. */
async function withEvent(
    cluster: Cluster,
    pod: Pod,
    reason: NotReady,
    signal: AbortSignal | undefined,
): Promise<NotReady> {
    const events = await warnings(cluster, pod.namespace, pod.uid, signal);
    const pull = events.find(({ reason: of, message }) => of === "Failed" && /pull image/i.test(message));
    // The status of an image may be only "Back-off". The event has the registry's answer.
    if (reason.kind === "image")
        return pull === undefined || /error/i.test(reason.text)
            ? reason
            : { ...reason, text: `${reason.text} (${pull.message})` };
    const probe = events.find(({ reason: of }) => of === "Unhealthy");
    if (pod.isRunning) return probe === undefined ? reason : { ...reason, text: `${reason.text}: ${probe.message}` };
    const event = events.find(({ reason: of }) => startFailures.test(of));
    if (event === undefined) return reason;
    // Between two attempts, the status does not say that the image cannot be pulled.
    if (event.reason === "Failed" && pull !== undefined)
        return { ...reason, kind: "image", text: `the image cannot be pulled: ${pull.message}` };
    const kind = /Attach|claim/i.test(event.reason + event.message) ? "claim" : "refused";
    return { ...reason, kind, text: `${reason.text}. Last warning (${event.reason}): ${event.message}` };
}

/** Returns why a claim of a pod has no volume. `undefined` if all claims have one. */
async function claimReason(cluster: Cluster, pod: Pod, signal: AbortSignal | undefined): Promise<NotReady | undefined> {
    for (const name of pod.claims) {
        const claim = await getClaim(cluster, pod.namespace, name, signal).catch(ifReadable(undefined));
        if (claim === undefined || claim.isBound) continue;
        const [event] = await warnings(cluster, pod.namespace, claim.uid, signal);
        const why =
            event?.message ?? (await latestEvent(cluster, pod.namespace, claim.uid, signal)) ?? "no event says why";
        const which =
            claim.storageClass === undefined ? "without a storage class" : `of the storage class ${claim.storageClass}`;
        return { kind: "claim", text: `the claim ${name} (${which}) has no volume: ${why}`, isFinal: false };
    }
    return undefined;
}

/** An event as far as it is shown. */
export interface Warning {
    readonly reason: string;
    readonly message: string;
}

/** An event of Kubernetes. Its fields are not in `spec`. */
interface Event extends KubernetesObject {
    readonly type?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly lastTimestamp?: string | null;
    readonly eventTime?: string | null;
}

/**
 * Returns the warnings about an object, the latest first. Empty if this user cannot list events.
 *
 * @param uid the object's `uid`.
 */
export async function warnings(
    cluster: Cluster,
    namespace: string,
    uid: string,
    signal?: AbortSignal,
): Promise<Warning[]> {
    const events = await eventsOf(cluster, namespace, uid, signal);
    return events
        .filter(({ type }) => type === "Warning")
        .map(({ reason = "", message = "" }) => ({ reason, message: message.trim().replace(/\.$/, "") }));
}

const latestEvent = async (cluster: Cluster, namespace: string, uid: string, signal: AbortSignal | undefined) =>
    (await eventsOf(cluster, namespace, uid, signal))[0]?.message;

async function eventsOf(
    cluster: Cluster,
    namespace: string,
    uid: string,
    signal: AbortSignal | undefined,
): Promise<Event[]> {
    const fields = { "involvedObject.uid": uid };
    const events: Event[] = await listByFields(cluster, "Event", namespace, fields, signal).catch(ifReadable([]));
    const timeOf = ({ lastTimestamp, eventTime, metadata }: Event) =>
        Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "");
    return events.sort((one, other) => timeOf(other) - timeOf(one));
}

/** What the node answers in place of a log that its container runtime has removed. */
const noLog = /^(?:unable to retrieve container logs for|failed to try resolving symlinks in path) /;

/** Returns the end of a container's log: of its last run if the container is not running. */
async function lastLogLines(
    cluster: Cluster,
    pod: Pod,
    container: string,
    signal: AbortSignal | undefined,
): Promise<string> {
    const failed = `the log of the container ${container} in the pod ${pod.name} cannot be read`;
    const read = async (previous: boolean) => {
        const query = new URLSearchParams({
            container,
            tailLines: `${readLines}`,
            ...(previous && { previous: "true" }),
        });
        const path = `${pathOf({ kind: "Pod", ...pod })}/log?${query.toString()}`;
        const text = await cluster.request<string>({ method: "GET", path, failed }, signal);
        return noLog.test(text) ? "" : text;
    };
    // A container that was restarted has two logs, and the current one may be empty, or not be there yet.
    const either = () =>
        read(false).then(
            async (current) => current || (await read(true).catch(() => "")),
            (error: unknown) =>
                read(true).catch(() => {
                    throw error;
                }),
        );
    // A new node may not answer yet, for example because its certificate is not signed yet (docker/buildx#2668).
    const text = await retry(either, {
        patience: (error) => (isClusterError(error, "other") ? patience : 0),
        onRetry: () => undefined,
        signal: signal ?? new AbortController().signal,
    }).catch((error: unknown) => {
        if (isClusterError(error, "forbidden", "notFound", "other")) return `(${error.message})`;
        throw error;
    });
    const lines = text.split("\n").filter((line) => !isHelp(line));
    return lines.slice(-shownLines).join("\n") || "(empty)";
}

/** Returns another value for something that explains an error and that this user has no right to read. */
const ifReadable =
    <Other>(otherwise: Other) =>
    (error: unknown): Other => {
        if (isClusterError(error, "forbidden")) return otherwise;
        throw error;
    };
