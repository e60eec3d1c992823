import { strict as assert } from "node:assert";
import { docker, inspectContainer, inspectVolume, leftovers } from "../support/docker";
import { changeDockerConfig, isolateDockerConfig } from "../support/dockerConfig";
import { second } from "../support/engines";
import { example } from "../support/example";
import { build, context } from "../support/image";
import { canDownloadPlugin, runWithMocks } from "../support/mocks";
import { auth } from "../support/privateImage";
import { Project, withProject } from "../support/project";
import { withRegistries } from "../support/registries";
import { run } from "../support/run";

describe("the example", () => {
    it(
        "quickstart goes up, stays as it is, and goes",
        withProject(async (project) => {
            await example(project, "quickstart");
            try {
                const { output } = await project.up();
                assert.doesNotMatch(output, /Diagnostics:/); // an update without problems leaves no message behind
                const { name, imageDigest } = await project.outputs<Record<string, string>>();
                assert.equal(name, project.unique);
                assert.match(imageDigest ?? "", /^sha256:/);
                for (const { type, sourcePosition } of await project.state()) assert.ok(sourcePosition, type);
                await project.preview("--expect-no-changes");
                await project.refresh("--expect-no-changes");
                await project.preview("--expect-no-changes");
                await project.destroy();
                assert.deepEqual(await leftovers(project.unique), []);
            } finally {
                await run("docker", ["rmi", "--force", `${project.unique}-app`]);
            }
        }),
    );

    it(
        "lasting-cache keeps it through a change and through pulumi destroy",
        withProject(async (project) => {
            await example(project, "lasting-cache");
            await project.up();
            const folder = await context(project);
            await build(project, project.unique, folder);
            await project.config("debug", "true");
            await project.up();
            assert.equal((await build(project, project.unique, folder)).cached, 3);
            await project.destroy();
            const { volumeName } = { volumeName: `buildx_buildkit_${project.unique}0_state` };
            assert.ok(await inspectVolume(volumeName));
            await project.up();
            assert.equal((await build(project, project.unique, folder)).cached, 3);
        }),
    );

    it(
        "moved-cache brings the cache to another engine",
        withProject(async (project) => {
            await example(project, "moved-cache");
            await project.up();
            const folder = await context(project);
            await build(project, project.unique, folder);
            await project.config("archive", "1");
            await project.up();
            await project.destroy();
            await project.config("restoreFrom", `${project.unique}.tar.zst`);
            await project.config("endpoint", second.host);
            await project.up();
            assert.equal((await build(project, project.unique, folder)).cached, 3);
        }),
    );

    it(
        "bounded-cache gives its builder bounds, prunes for a release, and tells what is left",
        withProject(async (project) => {
            await example(project, "bounded-cache");
            await project.config("maxUsedSpace", "64MB");
            await project.config("keepDuration", "1s");
            await project.up();
            const workers = ["buildctl", "debug", "workers", "--format", "{{json .}}"];
            const said = await docker(["exec", `buildx_buildkit_${project.unique}0`, ...workers]);
            const [{ gcPolicy }] = JSON.parse(said) as [{ gcPolicy: { maxUsedSpace: number }[] }];
            assert.equal(gcPolicy.at(-1)?.maxUsedSpace, 64 * 1024 ** 2);

            const folder = await context(project);
            await build(project, project.unique, folder);
            await project.up("--expect-no-changes");
            const full = await project.outputs<{ size: number; sizeOnDisk: number }>();
            assert.ok(full.size > 0 && full.sizeOnDisk >= full.size, JSON.stringify(full));
            assert.equal((await build(project, project.unique, folder)).cached, 3);

            await project.config("release", "next");
            await project.up();
            const { reclaimed, size } = await project.outputs<{ reclaimed: number; size: number }>();
            assert.ok(reclaimed > 0 && size < full.size, JSON.stringify({ reclaimed, size, full }));
            assert.equal((await build(project, project.unique, folder)).cached, 0);
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );

    it(
        "two-nodes makes a node on each of two engines",
        withProject(async (project) => {
            await example(project, "two-nodes");
            await project.config("arm64", second.host);
            await project.up();
            const { nodes } = await project.outputs<{ nodes: { name: string; on: string }[] }>();
            assert.deepEqual(
                nodes.map(({ on }) => on),
                ["unix:///var/run/docker.sock", second.host],
            );
            await project.preview("--expect-no-changes");
            await project.destroy();
        }),
    );

    it(
        "private-registry makes a builder that pulls from there and through the mirror",
        withProject((project) =>
            withRegistries(project, async ({ guarded, plain, authority, base }) => {
                await example(project, "private-registry");
                const dockerConfig = await isolateDockerConfig(project);
                await changeDockerConfig(dockerConfig, { auths: { [guarded]: { auth } } });
                for (const [key, value] of [
                    ["registry", guarded],
                    ["ca", authority.cert],
                    ["mirror", plain],
                    ["plainMirror", "true"],
                ] as const) {
                    await project.config(key, value);
                }
                await project.up();
                for (const image of [`${guarded}/${base}`, base]) {
                    const folder = await context(project, `FROM ${image}\nRUN echo pulled ${image}\n`);
                    assert.match((await build(project, project.unique, folder)).log, / pulled \S+$/m, image);
                }
                await project.preview("--expect-no-changes");
                await project.destroy();
            }),
        ),
    );

    it(
        "shared-builder-images builds on the builder of the stack shared-builder",
        withProject(async (builders) => {
            await example(builders, "shared-builder");
            await builders.up();
            const images = await Project.make({ store: builders.store, backend: builders.backend });
            try {
                await example(images, "shared-builder-images");
                await images.config("builderStack", `organization/${builders.unique}/test`);
                await images.up();
                const { digest } = await images.outputs<{ digest: string }>();
                const tag = `${images.unique}-app`;
                assert.equal((await docker(["image", "inspect", "--format", "{{.Id}}", tag])).trim(), digest);
                await images.preview("--expect-no-changes");
                await images.destroy();
                await builders.preview("--expect-no-changes");
            } finally {
                await run("docker", ["rmi", "--force", `${images.unique}-app`]);
                await images.remove();
            }
        }),
    );

    it("docker-build builds its image on the builder, with Pulumi's own mocks", async () => {
        const { resources } = await runWithMocks("examples/docker-build/index.ts", {
            "pulumi-nodejs:dynamic/buildx:BuildxBuilder": { name: "docker-build", platforms: ["linux/amd64"] },
        });
        const image = resources.find(({ type }) => type === "docker-build:index:Image");
        assert.deepEqual(image?.inputs.builder, { name: "docker-build" });
        assert.deepEqual(image?.inputs.platforms, ["linux/amd64"]);
    });

    it(
        "docker-build does so in earnest wherever its plugin can be had",
        withProject(async (project) => {
            if (!(await canDownloadPlugin("docker-build"))) return; // the same with an image of the example's own: above
            await example(project, "docker-build");
            try {
                await project.up();
                assert.match((await project.outputs<{ ref: string }>()).ref, /sha256:/);
                await project.destroy();
            } finally {
                await run("docker", ["rmi", "--force", `${project.unique}-app`]);
            }
        }),
    );

    it("custom-network puts the builder on the network that it makes, with Pulumi's own mocks", async () => {
        const { resources, outputs } = await runWithMocks("examples/custom-network/index.ts", {
            "docker:index/network:Network": { name: "builds-0123456" },
            "pulumi-nodejs:dynamic/buildx:BuildxBuilder": { name: "builder-0123456" },
        });
        const builder = resources.find(({ type }) => type.endsWith(":BuildxBuilder"));
        assert.deepEqual(builder?.inputs.driverOpts, { network: "builds-0123456" });
        assert.deepEqual(outputs, { name: "builder-0123456", networkName: "builds-0123456" });
    });

    it(
        "custom-network does so in earnest wherever the plugin of @pulumi/docker can be had",
        withProject(async (project) => {
            if (!(await canDownloadPlugin("docker"))) return; // the same with a network of the test's own: networks.test.ts
            await example(project, "custom-network", "builder");
            await project.up();
            const { name, networkName } = await project.outputs<Record<string, string>>();
            const container = await inspectContainer(`buildx_buildkit_${name}0`);
            assert.equal(container?.HostConfig.NetworkMode, networkName);
            await project.refresh("--expect-no-changes");
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );
});
