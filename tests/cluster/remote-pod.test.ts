/** A `RemoteBuilder` on a buildkitd in a pod (`kube-pod://`). */
import { strict as assert } from "node:assert";
import { symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { buildkitImage, describeOnCluster, testCluster } from "../support/cluster";
import { build, context } from "../support/image";
import { type InCluster, inCluster } from "../support/kubernetesStack";
import { remote, resources } from "../support/program";

const pod = (name: string, containers: object[]) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { terminationGracePeriodSeconds: 1, containers },
});

const daemon = {
    name: "daemon",
    image: buildkitImage,
    securityContext: { privileged: true },
    readinessProbe: { exec: { command: ["buildctl", "debug", "workers"] }, periodSeconds: 1 },
};

const sidecar = { name: "sidecar", image: buildkitImage, command: ["sleep", "1000"] };

/** Lets the stack and buildx find kubectl and the cluster. */
async function useKubectl({ stack, namespace }: InCluster, kubeconfig = testCluster.kubeconfig) {
    await symlink(testCluster.kubectl, join(namespace.folder, "kubectl")).catch(() => undefined);
    stack.env.PATH = [namespace.folder, process.env.PATH].join(delimiter);
    stack.env.KUBECONFIG = kubeconfig;
}

describeOnCluster("a builder of the remote driver in a pod", () => {
    it(
        "is reached by its context, namespace and container",
        inCluster(async (all) => {
            const { stack, namespace } = all;
            const { unique: name } = stack;
            await useKubectl(all);
            await namespace.apply(pod("buildkit", [sidecar, daemon]));
            await namespace.podReady("buildkit");
            const endpoint = `kube-pod://buildkit?context=test&namespace=${namespace.name}&container=daemon`;
            const program = resources({ far: remote({ name, endpoint }) }, { version: "${far.buildkitVersion}" });
            await stack.program(program);
            await stack.up();
            assert.match((await stack.outputs<{ version: string }>()).version, /^v\d/);
            await build(stack, name, await context(stack));
            await stack.refresh("--expect-no-changes");
            await stack.preview("--expect-no-changes");

            await namespace.delete("Pod", "buildkit");
            assert.match((await stack.refresh()).output, /shown as inactive: .*pods "buildkit" not found/);
            await stack.destroy();
            assert.deepEqual(await stack.records(), []);
        }),
    );

    it(
        "says why it is not reached",
        inCluster(async (all) => {
            const { stack, namespace } = all;
            await useKubectl(all);
            await namespace.apply(
                pod("no-image", [{ ...daemon, image: "localhost:1/none:1" }]),
                pod("idle", [sidecar, daemon]),
            );
            await namespace.podReady("idle");
            const why = async (name: string, query = "") => {
                const endpoint = `kube-pod://${name}?namespace=${namespace.name}${query}`;
                await stack.program(resources({ far: remote({ endpoint, bootTimeout: 2 }) }));
                const output = await stack.failing("up");
                assert.deepEqual(await stack.records(), []);
                return output;
            };
            assert.match(await why("gone"), /pods "gone" not found.*Waited for 2 s \(bootTimeout\)/);
            assert.match(await why("idle"), /buildkitd\.sock: .*Waited for 2 s/);
            assert.match(await why("no-image"), /container not found|waiting to start|not running|unable to upgrade/i);
            const final = async (name: string, query: string, message: RegExp) => {
                const output = await why(name, query);
                assert.match(output, message);
                assert.doesNotMatch(output, /Waited|Retrying/);
            };
            await final(
                "idle",
                "&container=none",
                /the pod has no such container \(.*none is not valid for pod idle\)/,
            );
            await final(
                "idle",
                "&context=none",
                /kubectl does not know the context \(.*"none" does not exist\)\. Correct the context/,
            );
            const kubeconfig = await namespace.account("lister", [{ group: "", resource: "pods", verbs: ["get"] }]);
            await useKubectl(all, kubeconfig);
            await final(
                "idle",
                "",
                /cannot create resource "pods\/exec" .* A Role with the verbs get for pods and create/,
            );
        }),
    );
});
