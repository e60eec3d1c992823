/** Outputs of a builder. This file imports nothing, so that a user's compiler does not read Docker's types. */

/**
 * Status of a node. `stopped`: the container is not running, is paused, or its buildkitd does not respond. `inactive`,
 * as buildx calls it: there is no container, or its engine is unreachable.
 */
export type Status = "running" | "stopped" | "inactive";

/** Outputs of a node of a builder. */
export interface NodeOutputs {
    /** Name of the node. */
    name: string;
    /** Name of the container, `buildx_buildkit_<node>`. */
    containerName: string;
    /** BuildKit address of the node: `docker-container://<container>`. */
    endpoint: string;
    /** The engine as buildx's record names it: the name of a docker context, or a host. */
    dockerEndpoint: string;
    /** Platforms that buildkitd offers. If the node is not running, the platforms that it last offered. */
    platforms: string[];
    /** BuildKit version, for example `v0.34.2`. */
    buildkitVersion: string;
    /**
     * Digest of the image in its registry, `sha256:…`. If the image was never in a registry, the digest of its
     * configuration.
     */
    imageDigest: string;
    /**
     * Status of the node: `running`; `stopped` if the container is not running, is paused, or its buildkitd does not
     * respond; `inactive` if there is no container, or its engine is unreachable.
     */
    status: Status;
    /** Name of the volume with the state, `buildx_buildkit_<node>_state`. */
    volumeName: string;
}

/** Outputs of a builder. An output that belongs to a single node is the first node's output. */
export interface BuilderOutputs {
    /** Name of the builder, for `docker buildx build --builder`. */
    name: string;
    /** Container of the first node, `buildx_buildkit_<node>`. */
    containerName: string;
    /** BuildKit address of the first node, `docker-container://<containerName>` (for `buildctl --addr`). */
    endpoint: string;
    /** Engine of the first node as buildx's record names it: the name of a docker context, or a host. */
    dockerEndpoint: string;
    /** Platforms that all nodes together offer, as BuildKit reports them. */
    platforms: string[];
    /** BuildKit version of the first node, for example `v0.34.2`. */
    buildkitVersion: string;
    /**
     * Status of the first node: `running`; `stopped` if the container is not running, is paused, or its buildkitd does
     * not respond; `inactive` if there is no container, or its engine is unreachable.
     */
    status: Status;
    /** Outputs of each node. */
    nodes: NodeOutputs[];
}

/**
 * Names of the outputs of a builder. Some arguments have the same names, and their values may differ: `platforms` are
 * preferred platforms as an argument, and offered platforms as an output.
 */
export const outputs: readonly string[] = Object.keys({
    containerName: true,
    name: true,
    endpoint: true,
    dockerEndpoint: true,
    platforms: true,
    buildkitVersion: true,
    status: true,
    nodes: true,
} satisfies Record<keyof BuilderOutputs, true>);

/** Names of the outputs that an update never changes. The others may change with the first node. */
export const stableOutputs: readonly (keyof BuilderOutputs)[] = ["name"];
