/** What a builder tells of itself: types alone, which a user's compiler reads without any of Docker's. */

/** `stopped`: it does not run, is paused, or does not answer; `inactive`, in buildx's words: there is no container. */
export type Status = "running" | "stopped" | "inactive";

export interface NodeOutputs {
    name: string;
    containerName: string;
    /** BuildKit's address, `docker-container://<container>`. */
    endpoint: string;
    /** The engine as buildx's record names it: a docker context, or a host. */
    dockerEndpoint: string;
    /** What buildkitd offers; of a node that does not run, what it offered when it was last seen. */
    platforms: string[];
    /** Such as `v0.34.2`. */
    buildkitVersion: string;
    /** `sha256:…` of the image in its registry; of an image that was never in one, of its configuration. */
    imageDigest: string;
    status: Status;
    volumeName: string;
}

/** Over all nodes: what is told of one is told of the first. */
export interface BuilderOutputs extends Omit<NodeOutputs, "imageDigest" | "volumeName"> {
    nodes: NodeOutputs[];
}
