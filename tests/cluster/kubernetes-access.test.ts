/** How a builder of the `kubernetes` driver gets its credentials. */
import { strict as assert } from "node:assert";
import { chmod, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { KubernetesObject } from "../../provider/cluster/objects";
import { certify } from "../support/certificates";
import { buildkitImage, describeOnCluster, type TestNamespace, testCluster, withNamespace } from "../support/cluster";
import { build, context } from "../support/image";
import { does, farm, inCluster } from "../support/kubernetesStack";
import { checkout } from "../support/project";
import { must } from "../support/run";

const api = "client.authentication.k8s.io/v1";

const rbac = "rbac.authorization.k8s.io";

const adaIsAdmin = {
    apiVersion: `${rbac}/v1`,
    kind: "RoleBinding",
    metadata: { name: "ada" },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ apiGroup: rbac, kind: "User", name: "ada" }],
};

/** Writes a credential plugin, and a kubeconfig that uses it. */
async function withPlugin(namespace: TestNamespace, script: string) {
    const plugin = await namespace.write("login", `#!/bin/sh\n${script}\n`);
    await chmod(plugin, 0o700);
    const exec = { apiVersion: api, interactiveMode: "Never", command: plugin, installHint: "See example.com" };
    return { plugin, kubeconfig: await namespace.kubeconfig(namespace.cluster.kubeconfig.cluster, { exec }) };
}

describeOnCluster("the credentials of a builder of the kubernetes driver", () => {
    it(
        "come from an exec plugin, to which the pinned kubeconfig refers without any secret",
        inCluster(async ({ stack, namespace }) => {
            const { unique: name } = stack;
            const keys = dirname(testCluster.kubeconfig);
            const authority = { cert: join(keys, "ca.crt"), key: join(keys, "ca.key") };
            const { cert, key } = await certify(namespace.folder, "ada", authority);
            await namespace.apply(adaIsAdmin);
            const ofAda = { "client-certificate": cert, "client-key": key };
            const direct = await namespace.kubeconfig(namespace.cluster.kubeconfig.cluster, ofAda);
            await namespace.granted(direct, [{ group: "", resource: "pods/exec", verbs: ["create"] }]);
            const [certificate, secret] = await Promise.all([readFile(cert, "utf8"), readFile(key, "utf8")]);
            const status = { clientCertificateData: certificate, clientKeyData: secret };
            const credential = JSON.stringify({ apiVersion: api, kind: "ExecCredential", status });
            const { plugin, kubeconfig } = await withPlugin(namespace, `cat <<'END'\n${credential}\nEND`);
            await does(stack, { name, kubeconfig }, "create");
            await build(stack, name, await context(stack));
            const pinned = join(stack.store, "pulumi-buildx-kubeconfigs", name, `${name}0.yaml`);
            const text = await readFile(pinned, "utf8");
            assert.ok(text.includes(plugin), text);
            const line = secret.split("\n")[1] ?? "";
            const everything = [text, JSON.stringify([await stack.record(name), await stack.state(), stack.log])];
            for (const each of everything) assert.ok(line !== "" && !each.includes(line), "the key was copied");
            await does(stack, { name, kubeconfig, env: { A: "b" } }, "update");

            await writeFile(plugin, "#!/bin/sh\necho the session expired >&2\nexit 1\n");
            await stack.program(farm({ name, kubeconfig }));
            const failed =
                /the credential plugin \S+login of the kubeconfig \S+ failed: the session expired\. Log in again/;
            assert.match(await stack.failing("up"), failed);
            assert.match((await stack.refresh()).output, failed);
            await rm(plugin);
            const missing = /the credential plugin \S+login of the kubeconfig \S+ was not found\. See example\.com/;
            assert.match(await stack.failing("up"), missing);
            await withPluginAt(plugin, credential);
            await stack.destroy();
            assert.deepEqual(await stack.records(), []);
        }),
    );

    it(
        "are those of the service account, if Pulumi runs in a pod",
        withNamespace(async (namespace) => {
            await namespace.account("ci", [{ group: "", resource: "pods", verbs: ["list"] }]);
            await namespace.apply(await podOfNode(namespace, "ci", listPods));
            const isOver = ({ status }: KubernetesObject) => /Succeeded|Failed/.test(String(status?.phase));
            await namespace.until("Pod", "pulumi", isOver);
            const output = await namespace.logs("pulumi", "node");
            assert.deepEqual(output.startsWith("{") ? JSON.parse(output) : output, {
                from: "the service account of this pod",
                namespace: namespace.name,
                pods: ["pulumi"],
                isReference: true,
            });
        }),
    );
});

/**
 * Returns a pod that runs a script with the Node.js and the checkout of this machine: no image of the cluster has
 * Node.js.
 */
async function podOfNode({ cluster }: TestNamespace, serviceAccountName: string, script: string): Promise<object> {
    const libraries = await must("ldd", [process.execPath]);
    const [, libc = ""] = /=> (\S+\/libc\.so\.\d+) /.exec(libraries) ?? [];
    const [, loader = ""] = /^\s+(\/\S*\/ld-linux\S*) /m.exec(libraries) ?? [];
    const folders = { libraries: dirname(await realpath(libc)), node: dirname(process.execPath), checkout };
    // This cluster has no kube-proxy, which would forward connections to the address of the service.
    const { hostname, port } = new URL(cluster.kubeconfig.server);
    const container = {
        name: "node",
        image: buildkitImage,
        command: [`/libraries/${basename(await realpath(loader))}`, "--library-path", "/libraries"],
        args: [`/node/${basename(process.execPath)}`, "--eval", script],
        workingDir: "/checkout",
        env: [
            { name: "KUBERNETES_SERVICE_HOST", value: hostname },
            { name: "KUBERNETES_SERVICE_PORT", value: port },
        ],
        volumeMounts: Object.keys(folders).map((name) => ({ name, mountPath: `/${name}`, readOnly: true })),
    };
    const volumes = Object.entries(folders).map(([name, path]) => ({ name, hostPath: { path, type: "Directory" } }));
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "pulumi" },
        spec: { serviceAccountName, restartPolicy: "Never", containers: [container], volumes },
    };
}

async function withPluginAt(path: string, credential: string): Promise<void> {
    await writeFile(path, `#!/bin/sh\ncat <<'END'\n${credential}\nEND\n`, { mode: 0o700 });
}

/** Uses what `KubernetesBuilder` uses without the argument kubeconfig. */
const listPods = `
const { loadKubeconfig, pinnedKubeconfig } = require("./dist/provider/cluster/kubeconfig.js");
const { openCluster } = require("./dist/provider/cluster/client.js");
const { listObjects } = require("./dist/provider/cluster/apply.js");
(async () => {
    const kubeconfig = await loadKubeconfig();
    const { namespace, from } = kubeconfig;
    const pods = await listObjects(await openCluster(kubeconfig), "Pod", namespace, {});
    const isReference = /"tokenFile": "\\/var\\/run\\/secrets\\//.test(pinnedKubeconfig(kubeconfig));
    console.log(JSON.stringify({ from, namespace, pods: pods.map((pod) => pod.metadata.name), isReference }));
})();
`;
