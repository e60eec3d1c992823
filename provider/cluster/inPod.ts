import type { Buildctl } from "../buildkit/buildctl";
import type { Cluster } from "./client";
import type { Pod } from "./workloads";

/**
 * Returns the `buildctl` of a buildkitd in a pod. Each run is a process in the pod's first container (`pods/exec`),
 * where buildx runs `buildctl`, too.
 */
export function inPod(cluster: Cluster, pod: Pick<Pod, "namespace" | "name" | "container">): Buildctl {
    void [cluster, pod];
    throw new Error("not implemented");
}
