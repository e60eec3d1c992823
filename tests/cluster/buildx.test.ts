/** The pinned kubeconfig with the real buildx. */
import { strict as assert } from "node:assert";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadKubeconfig, pinnedKubeconfig } from "../../provider/cluster/kubeconfig";
import { getWorkload, listPods } from "../../provider/cluster/workloads";
import { adminToken, describeOnCluster, withNamespace } from "../support/cluster";
import { must, run } from "../support/run";

describeOnCluster("a pinned kubeconfig", () => {
    it(
        "makes buildx use its cluster, whatever the current context of the user's kubeconfig is",
        withNamespace(async (namespace) => {
            const { server, cluster } = namespace.cluster.kubeconfig;
            const token = await adminToken();
            const user = await namespace.write(
                "user",
                JSON.stringify({
                    "current-context": "other",
                    clusters: [
                        { name: "other", cluster: { server: "https://127.0.0.1:1" } },
                        { name: "main", cluster },
                    ],
                    users: [{ name: "main", user: { tokenFile: await namespace.write("token", token) } }],
                    contexts: [
                        { name: "other", context: { cluster: "other" } },
                        { name: "main", context: { cluster: "main", user: "main", namespace: namespace.name } },
                    ],
                }),
            );
            const text = pinnedKubeconfig(await loadKubeconfig({ kubeconfig: user, context: "main" }));
            assert.doesNotMatch(text, new RegExp(token));
            const pinned = await namespace.write("pinned", text);

            const config = join(namespace.folder, "buildx");
            const env = { BUILDX_CONFIG: config, KUBECONFIG: pinned };
            const buildx = (...args: string[]) => must("docker", ["buildx", ...args], { env });
            await buildx("create", "--name", "kube", "--driver", "kubernetes");
            // As a later command: the environment has the user's kubeconfig, whose current context is another cluster.
            env.KUBECONFIG = user;
            const folder = join(namespace.folder, "context");
            await mkdir(folder);
            await writeFile(join(folder, "file"), "content");
            await writeFile(join(folder, "Dockerfile"), "FROM scratch\nCOPY file /\n");
            await buildx(
                "build",
                "--builder",
                "kube",
                "--output",
                `type=local,dest=${join(namespace.folder, "out")}`,
                folder,
            );
            assert.equal((await run("cat", [join(namespace.folder, "out/file")])).stdout, "content");

            const made = await getWorkload(namespace.cluster, {
                kind: "Deployment",
                namespace: namespace.name,
                name: "kube0",
            });
            assert.equal(made?.isRolledOut, true, server);
            assert.equal((await listPods(namespace.cluster, namespace.name, { app: "kube0" })).length, 1);
            await buildx("rm", "kube");
        }),
    );
});
