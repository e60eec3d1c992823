/** Outputs of a `RemoteBuilder`. This file imports nothing, so that a user's compiler does not read other types. */

/** Status of a node, as in buildx: `running`; `inactive` if no BuildKit daemon responds at its endpoint. */
export type RemoteStatus = "running" | "inactive";

/** Outputs of a node of a `RemoteBuilder`. */
export interface RemoteNodeOutputs {
    /** Name of the node. */
    name: string;
    /** BuildKit address of the node, for example `tcp://buildkitd.example:1234`. */
    endpoint: string;
    /** Platforms that the daemon offers. If the daemon does not respond, the platforms that it last offered. */
    platforms: string[];
    /** BuildKit version, for example `v0.34.2`. If the daemon does not respond, its last version. */
    buildkitVersion: string;
    /** Status of the node: `running`; `inactive` if no BuildKit daemon responds at its endpoint. */
    status: RemoteStatus;
}

/** Outputs of a `RemoteBuilder`. An output that belongs to a single node is the first node's output. */
export interface RemoteBuilderOutputs {
    /** Name of the builder, for `docker buildx build --builder`. */
    name: string;
    /** BuildKit address of the first node. */
    endpoint: string;
    /** Platforms that all nodes together offer, as BuildKit reports them. */
    platforms: string[];
    /** BuildKit version of the first node, for example `v0.34.2`. */
    buildkitVersion: string;
    /** Status of the first node: `running`; `inactive` if no BuildKit daemon responds at its endpoint. */
    status: RemoteStatus;
    /** Outputs of each node. */
    nodes: RemoteNodeOutputs[];
}

/**
 * Names of the outputs. Some arguments have the same names, and their values may differ: `platforms` are preferred
 * platforms as an argument, and offered platforms as an output.
 */
export const outputs: readonly string[] = Object.keys({
    // The first is not an argument: the class waits for it before it shows the others (`program/resource.ts`).
    buildkitVersion: true,
    name: true,
    endpoint: true,
    platforms: true,
    status: true,
    nodes: true,
} satisfies Record<keyof RemoteBuilderOutputs, true>);

/** Names of the outputs that an update never changes. */
export const stableOutputs: readonly (keyof RemoteBuilderOutputs)[] = ["name"];

/** Returns the outputs of a builder: the platforms of all nodes, and the other outputs of the first node. */
export function remoteOutputs(name: string, nodes: RemoteNodeOutputs[]): RemoteBuilderOutputs {
    const [{ name: _, ...ofFirst }] = nodes as [RemoteNodeOutputs];
    return { ...ofFirst, name, platforms: [...new Set(nodes.flatMap((node) => node.platforms))], nodes };
}
