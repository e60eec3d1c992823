import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";

const config = new pulumi.Config();

// BuildKit in the cluster of a context, whatever the current context is when Buildx builds. Its cache is on a volume that
// outlives the pod.
const builder = new buildx.KubernetesBuilder("builder", {
    name: "farm",
    context: config.require("context"),
    namespace: config.require("namespace"),
    requests: { cpu: "500m", memory: "512Mi" },
    persistentVolumeClaim: { storage: "10Gi" },
    gc: { maxUsedSpace: "8GB" }, // less than the volume
});

export const name = builder.name;
export const status = builder.status;
