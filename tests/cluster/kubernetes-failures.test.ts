/** What a builder of the `kubernetes` driver says if it cannot be created. */
import { strict as assert } from "node:assert";
import { describeOnCluster, testCluster } from "../support/cluster";
import { farm, inCluster } from "../support/kubernetesStack";

describeOnCluster("a failing builder of the kubernetes driver", () => {
    const failures: readonly (readonly [string, object, readonly RegExp[]])[] = [
        [
            "an image that does not exist",
            { image: "localhost:1/none:1", bootTimeout: 8 },
            [/localhost:1\/none:1/, /pull/i],
        ],
        ["pods that no machine takes", { nodeSelector: { none: "none" }, bootTimeout: 8 }, [/didn't match Pod's node/]],
        ["a buildkitd that ends at once", { buildkitdFlags: ["--no-such-flag"] }, [/no-such-flag/]],
    ];
    for (const [what, args, messages] of failures) {
        it(
            `explains ${what}, and leaves nothing`,
            inCluster(async ({ stack, namespace, place }) => {
                const { unique: name } = stack;
                await stack.program(farm({ name, ...place, persistentVolumeClaim: { storage: "1Gi" }, ...args }));
                const output = await stack.failing("up");
                for (const message of messages) assert.match(output, message);
                const left = await namespace.names(["Deployment", "StatefulSet", "PersistentVolumeClaim"]);
                assert.deepEqual(left, []);
                assert.deepEqual(await stack.records(), []);
                assert.deepEqual(await stack.state(), []);
            }),
        );
    }

    it(
        "explains missing rights, with the Role that is enough",
        inCluster(async ({ stack, namespace, place }) => {
            await stack.program(farm({ name: stack.unique, ...place, kubeconfig: testCluster.ci }));
            const output = await stack.failing("up");
            assert.match(output, /kind: Role/);
            assert.match(output, /name: "ci"/);
            assert.match(output, new RegExp(`namespace: ${place.namespace}`));
            const [role = ""] = /apiVersion: rbac[\s\S]*subjects: \[[^\]]*\]/.exec(output) ?? [];
            await namespace.apply(role);
            // Each right takes effect when the API server has read the Role, which it does as a whole.
            await namespace.granted(testCluster.ci, [{ group: "apps", resource: "statefulsets", verbs: ["patch"] }]);
            await stack.program(
                farm({
                    name: stack.unique,
                    ...place,
                    kubeconfig: testCluster.ci,
                    persistentVolumeClaim: { storage: "1Gi" },
                }),
            );
            await stack.up();
            await stack.destroy();
            assert.deepEqual(await namespace.names(["StatefulSet", "PersistentVolumeClaim"]), []);
        }),
    );

    it(
        "explains a namespace and a context that do not exist",
        inCluster(async ({ stack, place }) => {
            await stack.program(farm({ name: stack.unique, ...place, namespace: `${stack.unique}-none` }));
            assert.match(await stack.failing("up"), new RegExp(`namespace.*${stack.unique}-none`));
            await stack.program(farm({ name: stack.unique, ...place, context: "other" }));
            assert.match(await stack.failing("up"), /"other" is not a context of .*test/);
        }),
    );

    it(
        "says within ten seconds that a cluster does not answer",
        inCluster(async ({ stack, namespace }) => {
            const server = namespace.cluster.kubeconfig.server.replace(/:\d+$/, ":9");
            const kubeconfig = await namespace.kubeconfig({ server }, {});
            await stack.program(farm({ name: stack.unique, kubeconfig }));
            const start = performance.now();
            const output = await stack.failing("up");
            assert.match(output, new RegExp(server.replaceAll(".", "\\.")));
            assert.ok(performance.now() - start < 15_000, "it took longer");
        }),
    );

    it(
        "keeps the old pods if an update of a Deployment fails, and continues with the next update",
        inCluster(async ({ stack, place }) => {
            const args = { name: stack.unique, ...place };
            await stack.program(farm(args));
            await stack.up();
            await stack.program(farm({ ...args, image: "localhost:1/none:1", bootTimeout: 8 }));
            assert.match(await stack.failing("up"), /localhost:1\/none:1/);
            await stack.program(farm(args)); // the update that failed has changed the Deployment
            assert.match((await stack.preview()).output, /update/);
            await stack.program(farm({ ...args, env: { A: "b" } }));
            await stack.up();
            await stack.refresh();
            await stack.preview("--expect-no-changes");
        }),
    );
});
