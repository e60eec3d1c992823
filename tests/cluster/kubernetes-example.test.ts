/** The example of a builder in Kubernetes, with Pulumi and the dynamic provider. */
import { strict as assert } from "node:assert";
import { describeOnCluster, testCluster, withNamespace } from "../support/cluster";
import { example } from "../support/example";
import { build, context } from "../support/image";
import { withProject } from "../support/project";

describeOnCluster("the example", () => {
    it(
        "kubernetes creates a builder whose cache is on a claim, and removes both",
        withNamespace(async (namespace) =>
            withProject(async (project) => {
                await example(project, "kubernetes", "farm");
                project.env.KUBECONFIG = testCluster.kubeconfig;
                await project.config("context", "test");
                await project.config("namespace", namespace.name);
                await project.up();
                assert.deepEqual(await project.outputs(), { name: project.unique, status: "running" });
                await project.preview("--expect-no-changes");
                await build(project, project.unique, await context(project));
                await project.destroy();
                assert.deepEqual(await project.records(), []);
                assert.deepEqual(await namespace.names(["StatefulSet", "PersistentVolumeClaim"]), []);
            })(),
        ),
    );
});
