import { listRecords, readRecord, type StoredNode, storeFolder } from "../../buildx/store";
import { whyNotFound } from "../builder/notFound";
import type { BuilderOutputs } from "../builder/outputs";
import { type KubernetesBuilderOutputs, kubernetesOutputs } from "./outputs";
import { objectNameOf } from "./nodeArgs";
import { findNode, type FoundNode } from "./readOutputs";

/** A builder that was found by its name. */
export interface FoundKubernetes {
    readonly outputs: KubernetesBuilderOutputs;
    readonly nodes: readonly StoredNode[];
    readonly found: readonly FoundNode[];
    /** Why builds with the builder fail, and what to do. `undefined` if all nodes run. */
    readonly warning: string | undefined;
}

/**
 * Reads a builder of the `kubernetes` driver that is not in Pulumi's state.
 *
 * @param name in lower case.
 * @throws {Error} if buildx's store has no record of the builder, or the record cannot be read.
 */
export async function findKubernetes(name: string, signal?: AbortSignal): Promise<FoundKubernetes> {
    const record = await readRecord(name);
    if (record.is === "absent") throw new Error(whyNotFound(name, await listRecords(), storeFolder()));
    if (record.is === "unreadable")
        throw new Error(`buildx's record of builder "${name}" cannot be read: ${record.why}. Remove the file`);
    const { Nodes: nodes } = record.nodeGroup;
    if (nodes.length === 0) throw new Error(`builder "${name}" has no nodes. Remove it with: docker buildx rm ${name}`);
    const found = await Promise.all(nodes.map((node) => findNode(placeOf(node), undefined, undefined, signal)));
    const outputs = kubernetesOutputs(
        name,
        found.map((each) => each.outputs),
    );
    const reasons = found.flatMap(({ error }) => (error === undefined ? [] : [error.message]));
    return { outputs, nodes, found, warning: reasons.length === 0 ? undefined : reasons.join("\n") };
}

/** Returns where a node in a record is. */
export function placeOf({ Name: name, Endpoint: endpoint, DriverOpts: options }: StoredNode) {
    return {
        name,
        workload: objectNameOf(name),
        kind: kindOf(options),
        access: { kubeconfig: kubeconfigOf(endpoint) },
        namespace: options?.namespace,
    };
}

const kindOf = (options: StoredNode["DriverOpts"]) =>
    options?.["persistent-volume-claim.requests.storage"] ? ("StatefulSet" as const) : ("Deployment" as const);

/** Returns the kubeconfig in an endpoint of a record; `undefined` if it has none. */
export const kubeconfigOf = (endpoint: string): string | undefined =>
    (URL.canParse(endpoint) && new URL(endpoint).searchParams.get("kubeconfig")) || undefined;

/** Finds a builder for `getBuilder`. What only a builder in a container has is empty. */
export async function findBuilder(name: string): Promise<{ outputs: BuilderOutputs; warning: string | undefined }> {
    const { outputs, warning } = await findKubernetes(name);
    const none = { containerName: "", dockerEndpoint: "", endpoint: "" };
    const nodes = outputs.nodes.map(({ name: node, platforms, buildkitVersion, status }) => ({
        ...{ name: node, platforms, buildkitVersion, status },
        ...none,
        imageDigest: "",
        volumeName: "",
    }));
    return { outputs: { ...outputs, ...none, nodes }, warning };
}
