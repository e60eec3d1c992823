import type { Measurement } from "../measurement";
import { eachAfterFirst } from "../support/driverStacks";

const whyNot = () =>
    process.env.PULUMI_BUILDX_TEST_KUBECONFIG
        ? undefined
        : 'There is no Kubernetes cluster. Start it, as root on Debian, with: eval "$(environment/up --for-tests)".';

export const createKubernetes: Measurement = {
    name: "kubernetes-create",
    what: "create a KubernetesBuilder, until it is ready, through the plugin",
    beside: "docker buildx create --driver kubernetes --bootstrap",
    limit: "the same Deployment by the Kubernetes API, until its pod is ready",
    unit: "ms",
    goal: { of: "ratio", most: 0.6 },
    whyNot,
    async run(bench) {
        const { plugin, buildx, cluster } = (await bench.kubernetesBuilders()).steps;
        return { ours: plugin.create, beside: buildx.create, limit: cluster.create };
    },
};

export const limitKubernetes: Measurement = {
    name: "kubernetes-limit",
    what: "change the memory limit of a KubernetesBuilder, until builds run again, through the plugin",
    beside: "docker buildx rm and create --driver kubernetes --bootstrap",
    limit: "changing the Deployment by the Kubernetes API, until its new pod is ready",
    unit: "ms",
    goal: { of: "ratio", most: 0.6 },
    whyNot,
    async run(bench) {
        const { plugin, buildx, cluster } = (await bench.kubernetesBuilders()).steps;
        return { ours: plugin.limit, beside: buildx.limit, limit: cluster.limit };
    },
};

export const eachKubernetes: Measurement = {
    name: "kubernetes-each",
    what: "pulumi preview of KubernetesBuilders without changes in YAML with the plugin, for each builder after the first",
    unit: "ms",
    goal: { of: "ours", most: 3.5 },
    whyNot,
    async run(bench) {
        return eachAfterFirst((await bench.kubernetesBuilders()).preview);
    },
};
