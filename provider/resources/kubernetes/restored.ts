/** What a failed adoption says about the workloads that it restored. */
import type { Call } from "../../bridges/lifecycle";
import { nameOf, referenceTo } from "../../cluster/objects";
import { PodsNotReadyError, waitUntilReady } from "../../cluster/readiness";
import type { WorkloadKind } from "../../cluster/workloads";
import type { Applying, RestoredWorkload } from "./applying";

/**
 * Waits for the pods of restored workloads, and returns the error of the adoption with what became of the pods. If Pulumi
 * cancels the adoption, it does not wait.
 *
 * @param seconds time limit until the pods are ready.
 */
export async function withRestored(
    error: unknown,
    { restored, call }: Pick<Applying, "restored" | "call">,
    seconds: number,
): Promise<unknown> {
    if (restored.length === 0 || call.signal.aborted) return error;
    try {
        const each = await Promise.all(restored.map((workload) => describeRestored(workload, seconds, call)));
        return new Error([(error as Error).message, ...each].join("\n"), { cause: error });
    } catch {
        return error; // cancelled
    }
}

/** @throws the signal's reason if the signal aborts. */
async function describeRestored(
    { cluster, object }: RestoredWorkload,
    timeout: number,
    { report, signal }: Call,
): Promise<string> {
    const { name, namespace } = referenceTo(object);
    const kind = object.kind as WorkloadKind;
    const reference = { kind, namespace, name };
    const restored = `${nameOf(reference)} was restored`;
    const { replicas = 1 } = (object.spec ?? {}) as { replicas?: number };
    const { readyReplicas = 0 } = (object.status ?? {}) as { readyReplicas?: number };
    if (readyReplicas === 0) return `${restored}. None of its pods was ready before the adoption.`;
    const pods = readyReplicas < replicas ? "one" : "all";
    const waiting = { report: (text: string) => report(`restored ${kind} ${name}: ${text}`), signal };
    try {
        await waitUntilReady(cluster, reference, { timeout, pods }, waiting);
        return `${restored}, and its pods are ready.`;
    } catch (failure) {
        signal.throwIfAborted();
        const { message } = failure as Error;
        const what = failure instanceof PodsNotReadyError ? "its pods are not ready" : "its pods cannot be seen";
        const command = `kubectl --namespace ${namespace} describe ${kind.toLowerCase()} ${name}`;
        return `${restored}, but ${what}: ${message}\nBuilds fail until a pod is ready. See: ${command}`;
    }
}
