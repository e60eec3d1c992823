/** How a builder of the `kubernetes` driver gets its credentials. */
import { strict as assert } from "node:assert";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { certify } from "../support/certificates";
import { adminToken, describeOnCluster, type TestNamespace, testCluster } from "../support/cluster";
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
        inCluster(async ({ namespace }) => {
            const kubeconfig = await namespace.account("ci", [{ group: "", resource: "pods", verbs: ["list"] }]);
            const { users } = JSON.parse(await readFile(kubeconfig, "utf8")) as {
                users: { user: { token: string } }[];
            };
            const token = await namespace.write("token", users[0]?.user.token ?? "");
            const { hostname, port } = new URL(namespace.cluster.kubeconfig.server);
            const script = await namespace.write("pod.sh", inPod);
            // In a mount namespace of its own, because the folder of a service account is fixed.
            const args = [script, token, join(dirname(testCluster.kubeconfig), "ca.crt"), namespace.name];
            const output = await must("unshare", ["--mount", "sh", ...args, process.execPath, "--eval", listPods], {
                cwd: checkout,
                env: {
                    ...{ HOME: namespace.folder, KUBECONFIG: "" },
                    ...{ KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
                },
            });
            assert.deepEqual(JSON.parse(output), {
                from: "the service account of this pod",
                namespace: namespace.name,
                pods: [],
                isReference: true,
            });
            assert.ok(!output.includes(await adminToken()));
        }),
    );
});

async function withPluginAt(path: string, credential: string): Promise<void> {
    await writeFile(path, `#!/bin/sh\ncat <<'END'\n${credential}\nEND\n`, { mode: 0o700 });
}

/** Lays out the files of a service account as Kubernetes mounts them into pods, and runs a command. */
const inPod = `
set -e
token=$1 ca=$2 namespace=$3 && shift 3
folder=$HOME/account/kubernetes.io/serviceaccount
mkdir -p $folder && cp "$token" $folder/token && cp "$ca" $folder/ca.crt && printf %s "$namespace" >$folder/namespace
mount -t tmpfs run /run && mkdir /run/secrets && mount --bind "$HOME/account" /run/secrets
exec "$@"
`;

/** Uses what \`KubernetesBuilder\` uses without the argument kubeconfig. */
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
