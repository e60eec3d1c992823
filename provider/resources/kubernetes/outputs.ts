/** Outputs of a `KubernetesBuilder`. This file imports nothing, so that a user's compiler does not read other types. */

/**
 * Status of a node, as in buildx: `running`; `stopped` if no pod is ready; `inactive` if there is no workload, or its
 * cluster is unreachable.
 */
export type KubernetesStatus = "running" | "stopped" | "inactive";

/** Outputs of a node of a `KubernetesBuilder`. */
export interface KubernetesNodeOutputs {
    /** Name of the node. */
    name: string;
    /** Namespace of the workload. */
    namespace: string;
    /** Name of the workload. */
    workload: string;
    /** Kind of the workload: `Deployment`, or `StatefulSet` with a claim. */
    kind: string;
    /** Names of the pods that are ready. */
    pods: string[];
    /** Platforms that buildkitd offers. If no pod is ready, the platforms that it last offered. */
    platforms: string[];
    /** BuildKit version, for example `v0.34.2`. If no pod is ready, its last version. */
    buildkitVersion: string;
    /**
     * Status of the node: `running`; `stopped` if no pod is ready; `inactive` if there is no workload, or its cluster is
     * unreachable.
     */
    status: KubernetesStatus;
    /** Names of the claims with the state of the pods. */
    claims: string[];
}

/** Outputs of a `KubernetesBuilder`. An output that belongs to a single node is the first node's output. */
export interface KubernetesBuilderOutputs {
    /** Name of the builder, for `docker buildx build --builder`. */
    name: string;
    /** Platforms that all nodes together offer, as BuildKit reports them. */
    platforms: string[];
    /** BuildKit version of the first node, for example `v0.34.2`. */
    buildkitVersion: string;
    /**
     * Status of the first node: `running`; `stopped` if no pod is ready; `inactive` if there is no workload, or its
     * cluster is unreachable.
     */
    status: KubernetesStatus;
    /** Outputs of each node. */
    nodes: KubernetesNodeOutputs[];
}

/**
 * Names of the outputs. Some arguments have the same names, and their values may differ: `platforms` are preferred
 * platforms as an argument, and offered platforms as an output.
 */
export const outputs: readonly string[] = Object.keys({
    // The first is not an argument: the class waits for it before it shows the others (`program/resource.ts`).
    buildkitVersion: true,
    name: true,
    platforms: true,
    status: true,
    nodes: true,
} satisfies Record<keyof KubernetesBuilderOutputs, true>);

/** Names of the outputs that an update never changes. */
export const stableOutputs: readonly (keyof KubernetesBuilderOutputs)[] = ["name"];

/** Returns the outputs of a builder: the platforms of all nodes, and the other outputs of the first node. */
export function kubernetesOutputs(name: string, nodes: KubernetesNodeOutputs[]): KubernetesBuilderOutputs {
    const [first] = nodes;
    return {
        name,
        platforms: [...new Set(nodes.flatMap((node) => node.platforms))],
        buildkitVersion: first?.buildkitVersion ?? "",
        status: first?.status ?? "inactive",
        nodes,
    };
}
