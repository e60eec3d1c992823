/** Runs the steps of a node in its cluster. */
import { countRunningBuilds, waitForBuilds } from "../../buildkit/runningBuilds";
import { applyObject, deleteObject, waitUntilGone } from "../../cluster/apply";
import type { Cluster } from "../../cluster/client";
import { inPod } from "../../cluster/inPod";
import { waitUntilReady } from "../../cluster/readiness";
import { findWorkload, listClaims, listPods } from "../../cluster/workloads";
import { retry, seconds as inSeconds } from "../../retry";
import type { Waiting } from "../../waiting";
import type { Applying, ReadyNode } from "./applying";
import { appLabel, stateVolume } from "./pod";
import { queryPods } from "./queryPods";
import { removeClaims } from "./removeClaims";
import { isAboutQuota } from "./tryApply";
import type { NodeStep, StepOf } from "./steps";

/**
 * @param waiting.report receives a status text of this node.
 * @throws {ClusterError} if the cluster refuses a change.
 */
export async function runNodeStep(step: NodeStep, applying: Applying, waiting: Waiting): Promise<void> {
    const { signal } = waiting;
    const cluster = applying.clusters.get(step.node);
    const namespace = applying.nodes.get(step.node)?.place?.namespace;
    if (cluster === undefined || namespace === undefined)
        throw new Error(`the cluster of node ${step.node} is unknown`);
    switch (step.do) {
        case "applyConfigMaps":
            for (const object of step.objects) await applyObject(cluster, object, { force: true, signal });
            return;
        case "drain":
            return drain(cluster, namespace, step, waiting);
        case "removeWorkload":
            return removeWorkload(cluster, namespace, step, waiting);
        case "applyWorkload":
            return applyWorkload(cluster, step, waiting);
        case "waitUntilReady":
            applying.ready.set(step.node, await waitForNode(cluster, namespace, step, waiting));
            return;
        case "removeConfigMaps":
            for (const name of step.names)
                await deleteObject(
                    cluster,
                    { kind: "ConfigMap", namespace, name },
                    { propagation: "Background", signal },
                );
            return;
        case "removeClaims":
            return removeClaims(cluster, namespace, step.workload, step.kept, signal);
    }
}

/** Seconds after which a quota no longer counts an object that was removed. */
const quotaPatience = 10;

async function applyWorkload(
    cluster: Cluster,
    { object }: StepOf<"applyWorkload">,
    { report, signal }: Waiting,
): Promise<void> {
    report(`applying ${object.kind} ${object.metadata.name}`);
    await retry(() => applyObject(cluster, object, { force: true, signal }), {
        patience: (error) => (isAboutQuota(error) ? quotaPatience : 0),
        onRetry: ({ message }, _, left) => report(`${message}. Retrying for ${inSeconds(left)}`),
        signal,
    });
}

/** Waits until no pod of a workload runs a build. Kubernetes then ends the pods. */
async function drain(
    cluster: Cluster,
    namespace: string,
    { workload, seconds }: StepOf<"drain">,
    waiting: Waiting,
): Promise<void> {
    const count = async (signal: AbortSignal) => {
        const pods = await listPods(cluster, namespace, { [appLabel]: workload }, signal);
        const running = pods.filter(({ isRunning, isTerminating }) => isRunning && !isTerminating);
        const builds = await Promise.all(running.map((pod) => countRunningBuilds(inPod(cluster, pod), signal)));
        return builds.reduce((all, each) => all + each, 0);
    };
    await waitForBuilds(count, seconds, waiting);
}

async function removeWorkload(
    cluster: Cluster,
    namespace: string,
    { kind, workload: name, uid, seconds }: StepOf<"removeWorkload">,
    { report, signal }: Waiting,
): Promise<void> {
    report(`removing ${kind} ${name} and its pods`);
    const reference = { kind, namespace, name };
    if (await deleteObject(cluster, reference, { propagation: "Foreground", uid, signal }))
        await waitUntilGone(cluster, reference, { uid, timeout: seconds, signal });
}

async function waitForNode(
    cluster: Cluster,
    namespace: string,
    { workload: name, kind, seconds }: StepOf<"waitUntilReady">,
    waiting: Waiting,
): Promise<ReadyNode> {
    const { signal } = waiting;
    const since = performance.now();
    const found = kind ?? (await findWorkload(cluster, namespace, name, signal))?.kind ?? "Deployment";
    const options = { timeout: seconds, pods: kind === undefined ? "one" : "all" } as const;
    const { pods } = await waitUntilReady(cluster, { kind: found, namespace, name }, options, waiting);
    const left = seconds - (performance.now() - since) / 1000;
    const workers = await queryPods(cluster, pods, left, waiting);
    const claims = found === "StatefulSet" ? await listClaims(cluster, namespace, stateVolume, name, signal) : [];
    return {
        kind: found,
        pods: pods.map((pod) => pod.name),
        claims: claims.map((claim) => claim.name),
        workers,
    };
}
