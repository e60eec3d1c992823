/** Pods that run buildkitd without root privileges, and pods with emulators. */
import { strict as assert } from "node:assert";
import { buildkitImage, describeOnCluster } from "../support/cluster";
import { build, context } from "../support/image";
import { does, farm, firstNode, inCluster } from "../support/kubernetesStack";

/** The volumes of the cluster are folders of its machine, for which Kubernetes ignores the group of the pod. */
const withOwner = {
    spec: {
        initContainers: [
            {
                name: "owner",
                image: buildkitImage,
                command: ["chown", "1000:1000", "/state"],
                securityContext: { runAsUser: 0 },
                volumeMounts: [{ name: "buildkitd", mountPath: "/state" }],
            },
        ],
    },
};

const claim = { persistentVolumeClaim: { storage: "1Gi" }, podTemplate: withOwner };

describeOnCluster("a rootless builder of the kubernetes driver", () => {
    for (const [what, others] of Object.entries({ "": {}, " and its claim": claim }))
        it(
            `builds as another user, with its configuration${what}`,
            inCluster(async ({ stack, namespace, place }) => {
                const { unique: name } = stack;
                const args = { name, ...place, rootless: true, buildkitdConfig: "debug = true\n", ...others };
                await does(stack, { ...args, bootTimeout: 60 }, "create");
                const [pod = ""] = (await firstNode(stack)).pods;
                assert.equal((await namespace.exec(pod, "id", "-u")).trim(), "1000");
                assert.match(await namespace.exec(pod, "cat", "/etc/buildkit/buildkitd.toml"), /debug = true/);
                assert.match(await namespace.logs(pod, "buildkitd"), /level=debug/);
                const folder = await context(stack);
                await build(stack, name, folder);
                if (what === "") return;
                await namespace.delete("Pod", pod);
                await namespace.rolledOut("StatefulSet", `${name}0`);
                assert.equal((await build(stack, name, folder)).cached, 3);
            }),
        );
});

describeOnCluster("a builder of the kubernetes driver with emulators", () => {
    it(
        "installs them, privileged, before buildkitd starts",
        inCluster(async ({ stack, namespace, place }) => {
            const { unique: name } = stack;
            // The command in place of the image's own shows what it gets, and does not change the kernel of this machine.
            const command = ["sh", "-c", 'test -w /proc/sys && echo "$@"', "binfmt"];
            const podTemplate = { spec: { initContainers: [{ name: "qemu", command }] } };
            const qemu = { install: true, image: buildkitImage };
            await does(stack, { name, ...place, qemu, podTemplate }, "create");
            const [pod = ""] = (await firstNode(stack)).pods;
            assert.equal((await namespace.logs(pod, "qemu")).trim(), "--install all");
            await build(stack, name, await context(stack));
        }),
    );

    it(
        "says why they cannot be installed",
        inCluster(async ({ stack, namespace, place }) => {
            const qemu = { install: true, image: buildkitImage };
            await stack.program(farm({ name: stack.unique, ...place, qemu, bootTimeout: 30 }));
            const output = await stack.failing("up");
            assert.match(output, /the container qemu exited with code 1.*Last lines of its log:\n.*-install/s);
            assert.deepEqual(await namespace.names(["Deployment"]), []);
        }),
    );
});
