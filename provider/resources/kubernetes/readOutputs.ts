/** The outputs of the nodes of a builder. */
import type { Cluster } from "../../cluster/client";
import { ClusterError, isClusterError } from "../../cluster/error";
import { KubeconfigError } from "../../cluster/kubeconfig";
import { findWorkload, getWorkload, listClaims, listPods, type WorkloadKind } from "../../cluster/workloads";
import { formatPlatforms } from "../../text/platform";
import type { ReadyNode } from "./applying";
import type { DesiredNode } from "./desired";
import type { ObservedNode } from "./observeNode";
import type { KubernetesNodeOutputs } from "./outputs";
import { type ConnectedPlace, openPlace, type Place, type SavedPlace } from "./place";
import { appLabel, stateVolume } from "./pod";
import { queryPods } from "./queryPods";

/** The values of a node that its outputs show. */
type Described = Pick<DesiredNode, "name" | "workload" | "kind">;

/** Returns the outputs of a node whose pods are ready. */
export const describeReady = (
    { name, workload }: Described,
    namespace: string,
    { kind, pods, claims, workers }: ReadyNode,
): KubernetesNodeOutputs => ({
    name,
    namespace,
    workload,
    kind,
    pods: [...pods],
    platforms: formatPlatforms(workers.platforms),
    buildkitVersion: workers.version,
    status: "running",
    claims: [...claims],
});

/**
 * Returns the outputs of a node without pods that are ready.
 *
 * @param before the outputs in Pulumi's state.
 */
export const describeAbsent = (
    { name, workload, kind }: Described,
    namespace: string,
    status: "stopped" | "inactive",
    claims: readonly string[],
    before: KubernetesNodeOutputs | undefined,
): KubernetesNodeOutputs => ({
    name,
    namespace: namespace || (before?.namespace ?? ""),
    workload,
    kind: kind ?? before?.kind ?? "Deployment",
    pods: [],
    platforms: [...(before?.platforms ?? [])],
    buildkitVersion: before?.buildkitVersion ?? "",
    status,
    claims: [...claims],
});

/** The outputs of a node as its cluster reports them now, and why the node does not run. */
export interface FoundNode {
    readonly outputs: KubernetesNodeOutputs;
    readonly place: SavedPlace | undefined;
    readonly error?: Error;
}

/**
 * Reads a node once. A node whose cluster does not respond is `inactive`, as in buildx.
 *
 * @param pinned the context in Pulumi's state.
 */
export async function findNode(
    node: Described & Pick<DesiredNode, "access" | "namespace">,
    before: KubernetesNodeOutputs | undefined,
    pinned: string | undefined,
    signal: AbortSignal = new AbortController().signal,
): Promise<FoundNode> {
    let connected: ConnectedPlace | undefined;
    try {
        connected = await openPlace(node, pinned);
        return await readPods(connected, node, await readWorkload(connected, node, signal), before, signal);
    } catch (error) {
        signal.throwIfAborted();
        return whyInactive(error, node, connected?.place, before);
    }
}

/** Whether every other request of the same user to the same cluster would fail, too. */
const isOfEachRequest = (error: Error | undefined): error is Error =>
    error instanceof KubeconfigError ||
    isClusterError(error, "unreachable", "certificate", "credentials", "unauthorized");

/**
 * Reads the pods of a node that was observed. The workload and its claims are not read again, unless the observation
 * failed, for example because the user may read the workload but not change it.
 *
 * @param cluster `undefined` if the kubeconfig cannot be used.
 */
export async function findObserved(
    { desired: node, place, error, workload, claims }: ObservedNode,
    cluster: Cluster | undefined,
    before: KubernetesNodeOutputs | undefined,
    pinned: string | undefined,
    signal: AbortSignal,
): Promise<FoundNode> {
    if (isOfEachRequest(error)) return whyInactive(error, node, place, before);
    if (error !== undefined || place === undefined || cluster === undefined)
        return findNode(node, before, pinned, signal);
    try {
        return await readPods({ cluster, place }, node, { kind: workload?.kind, claims }, before, signal);
    } catch (failure) {
        signal.throwIfAborted();
        return whyInactive(failure, node, place, before);
    }
}

/** @throws {Error} an error that is not about the cluster. */
function whyInactive(
    error: unknown,
    node: Described,
    place: Place | undefined,
    before: KubernetesNodeOutputs | undefined,
): FoundNode {
    if (!(error instanceof KubeconfigError || error instanceof ClusterError)) throw error;
    const claims = before?.claims ?? [];
    const outputs = describeAbsent(node, place?.namespace ?? "", "inactive", claims, before);
    return { outputs, place: undefined, error };
}

/** A workload, before its pods are read. */
interface WorkloadOfNode {
    /** `undefined` if the workload does not exist. */
    readonly kind: WorkloadKind | undefined;
    /** Names of its claims. */
    readonly claims: readonly string[];
}

async function readWorkload(
    { cluster, place: { namespace } }: ConnectedPlace,
    { workload: name, kind }: Described,
    signal: AbortSignal,
): Promise<WorkloadOfNode> {
    const found =
        kind === undefined
            ? await findWorkload(cluster, namespace, name, signal)
            : await getWorkload(cluster, { kind, namespace, name }, signal);
    const hasClaims = (found?.kind ?? kind) === "StatefulSet";
    const claims = hasClaims ? await listClaims(cluster, namespace, stateVolume, name, signal) : [];
    return { kind: found?.kind, claims: claims.map((claim) => claim.name) };
}

async function readPods(
    { cluster, place: { context, server, namespace, where } }: ConnectedPlace,
    node: Described,
    found: WorkloadOfNode,
    before: KubernetesNodeOutputs | undefined,
    signal: AbortSignal,
): Promise<FoundNode> {
    const { workload: name } = node;
    const claims = (found.kind ?? node.kind) === "StatefulSet" ? found.claims : [];
    const place = { context, server, namespace };
    const absent = (status: "stopped" | "inactive", error: Error) => ({
        outputs: describeAbsent(node, namespace, status, claims, before),
        place,
        error,
    });
    if (found.kind === undefined)
        return absent(
            "inactive",
            new Error(`the workload ${name} does not exist in the namespace ${namespace} of ${where}`),
        );
    const pods = await listPods(cluster, namespace, { [appLabel]: name }, signal);
    const ready = pods.filter(({ isReady, isTerminating }) => isReady && !isTerminating);
    if (ready.length === 0)
        return absent("stopped", new Error(`no pod of the workload ${name} is ready in the namespace ${namespace}`));
    try {
        const workers = await queryPods(cluster, ready, 0, { report: () => {}, signal });
        const report = { kind: found.kind, pods: ready.map((pod) => pod.name), claims, workers };
        return { outputs: describeReady(node, namespace, report), place };
    } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ClusterError) throw error;
        return absent("stopped", error as Error);
    }
}
