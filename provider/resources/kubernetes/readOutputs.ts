/** The outputs of the nodes of a builder. */
import { ClusterError } from "../../cluster/error";
import { KubeconfigError } from "../../cluster/kubeconfig";
import { findWorkload, getWorkload, listClaims, listPods } from "../../cluster/workloads";
import { formatPlatforms } from "../../text/platform";
import type { ReadyNode } from "./applying";
import type { DesiredNode } from "./desired";
import type { KubernetesNodeOutputs } from "./outputs";
import { type ConnectedPlace, openPlace, type SavedPlace } from "./place";
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
        const { context, server, namespace } = connected.place;
        return { ...(await readNode(connected, node, before, signal)), place: { context, server, namespace } };
    } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof KubeconfigError || error instanceof ClusterError)) throw error;
        const claims = before?.claims ?? [];
        const outputs = describeAbsent(node, connected?.place.namespace ?? "", "inactive", claims, before);
        return { outputs, place: undefined, error };
    }
}

async function readNode(
    { cluster, place: { namespace, where } }: ConnectedPlace,
    node: Described,
    before: KubernetesNodeOutputs | undefined,
    signal: AbortSignal,
): Promise<Omit<FoundNode, "place">> {
    const { workload: name, kind } = node;
    const found =
        kind === undefined
            ? await findWorkload(cluster, namespace, name, signal)
            : await getWorkload(cluster, { kind, namespace, name }, signal);
    const listed =
        (found?.kind ?? kind) === "StatefulSet" ? await listClaims(cluster, namespace, stateVolume, name, signal) : [];
    const claims = listed.map((claim) => claim.name);
    if (found === undefined) {
        const error = new Error(`the workload ${name} does not exist in the namespace ${namespace} of ${where}`);
        return { outputs: describeAbsent(node, namespace, "inactive", claims, before), error };
    }
    const pods = await listPods(cluster, namespace, { [appLabel]: name }, signal);
    const ready = pods.filter(({ isReady, isTerminating }) => isReady && !isTerminating);
    const stopped = (error: Error) => ({ outputs: describeAbsent(node, namespace, "stopped", claims, before), error });
    if (ready.length === 0)
        return stopped(new Error(`no pod of the workload ${name} is ready in the namespace ${namespace}`));
    try {
        const workers = await queryPods(cluster, ready, 0, { report: () => {}, signal });
        const report = { kind: found.kind, pods: ready.map((pod) => pod.name), claims, workers };
        return { outputs: describeReady(node, namespace, report) };
    } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ClusterError) throw error;
        return stopped(error as Error);
    }
}
