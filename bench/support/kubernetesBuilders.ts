import { setTimeout as sleep } from "node:timers/promises";
import { pathOf } from "../../provider/cluster/apply";
import { must } from "../../tests/support/run";
import { testCluster, TestNamespace } from "../../tests/support/cluster";
import type { Bench } from "./bench";
import { type DriverPreviews, measureDriverPreviews } from "./driverStacks";
import { ProviderProcess } from "./providerProcess";
import { alternateSteps, timed } from "./rounds";

/** The steps of a builder: it is created, and its memory limit changes. Each ends when builds can run. */
type Step = "create" | "limit";

/** The cost of builders of the `kubernetes` driver. Times are in milliseconds. */
export interface KubernetesBuilders {
    /** Through the plugin, with buildx, and by the Kubernetes API alone. */
    readonly steps: Readonly<Record<"plugin" | "buildx" | "cluster", Readonly<Record<Step, number>>>>;
    readonly preview: DriverPreviews;
}

const rounds = 2;

/** Builders of the larger stack, each with a pod. */
const builders = 10;

const memory = "600Mi";

/** Measures builders in a namespace of the test cluster, which has the image. */
export async function measureKubernetesBuilders(bench: Bench): Promise<KubernetesBuilders> {
    const namespace = await TestNamespace.make();
    const place = { kubeconfig: testCluster.kubeconfig, namespace: namespace.name };
    const provider = await ProviderProcess.start("plugin", { type: "KubernetesBuilder" });
    try {
        const sample = await provider.create(bench.name(), place);
        const deployment = await readDeployment(namespace, `${sample.id}0`);
        await provider.delete(sample);
        const manifest = (name: string) => deploymentLike(deployment, name);
        const steps = await alternateSteps(rounds, {
            plugin: () => inProvider(provider, bench.name(), place),
            buildx: () => inBuildx(namespace.name, bench.name()),
            cluster: () => inCluster(namespace, manifest(`${bench.name()}0`)), // as the first node
        });
        // A preview asks the API server what it would change, so that all builders are real.
        const stack = { type: "KubernetesBuilder", args: place, builders, real: builders };
        return { steps, preview: await measureDriverPreviews(`${bench.unique}-kubernetes`, stack) };
    } finally {
        await provider.stop();
        await namespace.remove();
    }
}

async function inProvider(provider: ProviderProcess, name: string, place: object): Promise<Record<Step, number>> {
    const start = performance.now();
    const created = await provider.create(name, { ...place });
    const create = performance.now() - start;
    const limit = await timed(() => provider.update(created, { ...place, limits: { memory } }));
    await provider.delete(created);
    return { create, limit };
}

async function inBuildx(namespace: string, name: string): Promise<Record<Step, number>> {
    const buildx = (...args: string[]) =>
        must("docker", ["buildx", ...args], { env: { KUBECONFIG: testCluster.kubeconfig } });
    const creation = (...options: string[]) => {
        const all = [`namespace=${namespace}`, ...options].map((option) => `--driver-opt=${option}`);
        return buildx("create", "--name", name, "--driver", "kubernetes", "--bootstrap", ...all);
    };
    const create = await timed(() => creation());
    const limit = await timed(async () => {
        await buildx("rm", name);
        await creation(`limits.memory=${memory}`);
    });
    await buildx("rm", name);
    return { create, limit };
}

interface Deployment {
    readonly kind: "Deployment";
    readonly metadata: { readonly name: string; readonly namespace: string; readonly generation?: number };
    readonly spec: object;
    readonly status?: {
        readonly observedGeneration?: number;
        readonly replicas?: number;
        readonly updatedReplicas?: number;
        readonly readyReplicas?: number;
    };
}

async function inCluster(namespace: TestNamespace, manifest: Deployment): Promise<Record<Step, number>> {
    const { name } = manifest.metadata;
    const reference = { kind: "Deployment", namespace: namespace.name, name } as const;
    const { cluster } = namespace;
    const [path, failed] = [pathOf(reference), `Deployment ${name} cannot be changed`];
    const create = await timed(async () => {
        const folder = path.slice(0, path.lastIndexOf("/"));
        await cluster.request({ method: "POST", path: folder, body: manifest, failed });
        await untilReady(namespace, name);
    });
    const limit = await timed(async () => {
        const containers = [{ name: "buildkitd", resources: { limits: { memory } } }];
        const body = { spec: { template: { spec: { containers } } } };
        const contentType = "application/strategic-merge-patch+json";
        await cluster.request({ method: "PATCH", path, body, contentType, failed });
        await untilReady(namespace, name);
    });
    await cluster.request({ method: "DELETE", path, failed });
    return { create, limit };
}

const readDeployment = (namespace: TestNamespace, name: string): Promise<Deployment> =>
    namespace.cluster.request<Deployment>({
        method: "GET",
        path: pathOf({ kind: "Deployment", namespace: namespace.name, name }),
        failed: `Deployment ${name} cannot be read`,
    });

/** Returns what creates the same Deployment under another name. */
function deploymentLike({ metadata, spec }: Deployment, name: string): Deployment {
    const renamed = JSON.parse(JSON.stringify(spec).replaceAll(metadata.name, name)) as object;
    return { kind: "Deployment", metadata: { name, namespace: metadata.namespace }, spec: renamed };
}

/** Waits until only pods of the current template run, and until they are ready. */
async function untilReady(namespace: TestNamespace, name: string): Promise<void> {
    for (;;) {
        const { metadata, status = {} } = await readDeployment(namespace, name);
        const { observedGeneration = 0, replicas, updatedReplicas, readyReplicas } = status;
        const isObserved = observedGeneration >= (metadata.generation ?? 0);
        if (isObserved && replicas === 1 && updatedReplicas === 1 && readyReplicas === 1) return;
        await sleep(25);
    }
}
