import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { startBuildkitd } from "../support/buildkitd";
import { docker, inspectContainer, inspectVolume, leftovers } from "../support/docker";
import { changeDockerConfig, isolateDockerConfig } from "../support/dockerConfig";
import { second } from "../support/engines";
import { example } from "../support/example";
import { build, context } from "../support/image";
import { canDownloadPlugin, runWithMocks } from "../support/mocks";
import { auth } from "../support/privateImage";
import { withProject } from "../support/project";
import { withRegistries } from "../support/registries";
import { startSshd } from "../support/sshd";

describe("the example", () => {
    it(
        "lasting-cache keeps the cache through a change and through pulumi destroy",
        withProject(async (project) => {
            await example(project, "lasting-cache");
            await project.up();
            const folder = await context(project);
            await build(project, project.unique, folder);
            await project.config("debug", "true");
            await project.up();
            assert.equal((await build(project, project.unique, folder)).cached, 3);
            await project.destroy();
            assert.ok(await inspectVolume(`buildx_buildkit_${project.unique}0_state`));
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
        "bounded-cache limits the cache of its builder, prunes for a release, and reports the size",
        withProject(async (project) => {
            await example(project, "bounded-cache");
            await project.config("maxUsedSpace", "64MB");
            await project.config("keepDuration", "1s");
            await project.up();
            const workers = ["buildctl", "debug", "workers", "--format", "{{json .}}"];
            const answer = await docker(["exec", `buildx_buildkit_${project.unique}0`, ...workers]);
            const [{ gcPolicy }] = JSON.parse(answer) as [{ gcPolicy: { maxUsedSpace: number }[] }];
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
        }),
    );

    it(
        "build-farm creates a builder with limits, prunes and archives its cache, and keeps it",
        withProject(async (project) => {
            await example(project, "build-farm");
            await project.config("proxy", "http://proxy.example.com:3128");
            await project.up();
            assert.deepEqual(await project.outputs(), {
                name: project.unique,
                archive: `${project.unique}.tar.zst`,
            });
            const container = await inspectContainer(`buildx_buildkit_${project.unique}0`);
            assert.ok(container?.Config.Env.includes("HTTPS_PROXY=http://proxy.example.com:3128"));
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), [`buildx_buildkit_${project.unique}0_state`]);
        }),
    );

    it(
        "adopt takes over a builder of buildx with its cache",
        withProject(async (project) => {
            const { unique } = project;
            await project.buildx("create", "--name", unique, "--driver", "docker-container", "--bootstrap");
            const folder = await context(project);
            await build(project, unique, folder);
            const before = await inspectContainer(`buildx_buildkit_${unique}0`);
            await example(project, "adopt");
            await project.up();
            assert.deepEqual(await project.outputs(), { name: unique, adopted: true });
            assert.equal((await inspectContainer(`buildx_buildkit_${unique}0`))?.Id, before?.Id);
            assert.equal((await build(project, unique, folder)).cached, 3);
            await project.config("adopt", "false");
            await project.up();
            assert.equal((await inspectContainer(`buildx_buildkit_${unique}0`))?.Id, before?.Id);
        }),
    );

    it(
        "two-nodes creates a node on each of two engines",
        withProject(async (project) => {
            await example(project, "two-nodes");
            await project.config("arm64", second.host);
            await project.up();
            const { nodes } = await project.outputs<{ nodes: { name: string; on: string }[] }>();
            assert.deepEqual(
                nodes.map(({ on }) => on),
                ["unix:///var/run/docker.sock", second.host],
            );
        }),
    );

    it(
        "remote-arm64 creates a node on a machine that it reaches over SSH",
        withProject(async (project) => {
            const sshd = await startSshd(project.folder, second.host);
            try {
                Object.assign(project.env, sshd.env);
                await example(project, "remote-arm64");
                await project.config("address", sshd.host.replace("ssh://", ""));
                await project.up();
                const { nodes } = await project.outputs<{ nodes: string[] }>();
                assert.deepEqual(nodes, [`${project.unique}0: running`, `${project.unique}-arm: running`]);
                assert.ok(await inspectContainer(`buildx_buildkit_${project.unique}-arm`, second.host));
                await project.destroy();
            } finally {
                await sshd.remove();
            }
        }),
    );

    it(
        "remote creates a builder on a daemon that requires the certificate of a client",
        withProject(async (project) => {
            const { tcp, files } = await startBuildkitd(project, "d", { tls: true });
            await example(project, "remote");
            await project.config("daemon", tcp);
            await project.config("ca", files.ca);
            await project.config("cert", files.cert);
            await project.config("key", await readFile(files.key, "utf8"), { secret: true });
            await project.up();
            assert.deepEqual(await project.outputs(), { name: project.unique, status: "running" });
            await build(project, project.unique, await context(project));
            await project.destroy();
            assert.deepEqual(await project.records(), []);
        }),
    );

    it(
        "private-registry creates a builder that pulls from the registry and through the mirror",
        withProject((project) =>
            withRegistries(project, async ({ guarded, plain, authority, base }) => {
                await example(project, "private-registry");
                const dockerConfig = await isolateDockerConfig(project);
                await changeDockerConfig(dockerConfig, { auths: { [guarded]: { auth } } });
                const settings = { registry: guarded, ca: authority.cert, mirror: plain, plainMirror: "true" };
                for (const [key, value] of Object.entries(settings)) await project.config(key, value);
                await project.up();
                for (const image of [`${guarded}/${base}`, base]) {
                    const folder = await context(project, `FROM ${image}\nRUN echo pulled ${image}\n`);
                    assert.match((await build(project, project.unique, folder)).log, / pulled \S+$/m, image);
                }
            }),
        ),
    );

    it("custom-network puts the builder on the network that it creates, with Pulumi's own mocks", async () => {
        const { resources, outputs } = await runWithMocks("examples/custom-network/index.ts", {
            "docker:index/network:Network": { name: "builds-0123456" },
            "pulumi-nodejs:dynamic/buildx:BuildxBuilder": { name: "builder-0123456" },
        });
        const builder = resources.find(({ type }) => type.endsWith(":BuildxBuilder"));
        assert.deepEqual(builder?.inputs.driverOpts, { network: "builds-0123456" });
        assert.deepEqual(outputs, { name: "builder-0123456", networkName: "builds-0123456" });
    });

    it(
        "custom-network creates both if the plugin of @pulumi/docker can be downloaded",
        withProject(async (project) => {
            if (!(await canDownloadPlugin("docker"))) return; // networks.test.ts has the same with a network of its own
            await example(project, "custom-network", "builder");
            await project.up();
            const { name, networkName } = await project.outputs<Record<string, string>>();
            const container = await inspectContainer(`buildx_buildkit_${name}0`);
            assert.equal(container?.HostConfig.NetworkMode, networkName);
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );
});
