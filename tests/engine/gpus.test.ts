import { strict as assert } from "node:assert";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspectContainer, leftovers } from "../support/docker";
import { withOwnEngine } from "../support/ownEngine";
import { type Project, withProject } from "../support/project";
import { must } from "../support/run";

/** Programs by which an engine takes its host for one with GPUs: NVIDIA's hook, and a runtime that is runc. */
async function makePrograms(project: Project): Promise<{ hooks: string; runtime: string }> {
    const hooks = join(project.folder, "bin");
    const runtime = join(project.folder, "nvidia-container-runtime");
    const runc = (await must("which", ["runc"])).trim();
    await mkdir(hooks);
    await writeFile(join(hooks, "nvidia-container-runtime-hook"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    await writeFile(runtime, `#!/bin/sh\nexec ${runc} "$@"\n`, { mode: 0o755 });
    return { hooks, runtime };
}

const libraries = "/usr/lib/wsl";

describe("GPUs", () => {
    it(
        "of the engine's host are a builder's as buildx makes it so, come later, and are kept by one that is adopted",
        withProject(async (project) => {
            const { hooks, runtime } = await makePrograms(project);
            await withOwnEngine({}, async (engine) => {
                const { unique } = project;
                const name = (builder: string) => `buildx_buildkit_${unique}-${builder}0`;
                const hardwareOf = async (builder: string) => {
                    const found = await inspectContainer(name(builder), engine.host);
                    const { DeviceRequests, Mounts } = found?.HostConfig ?? {};
                    const mounts = (Mounts ?? []).map((mount) => ({
                        ...mount,
                        Source: mount.Source?.replace(name(builder), ""),
                    }));
                    return { DeviceRequests, mounts };
                };
                const settles = async () => {
                    await project.refresh("--expect-no-changes");
                    await project.preview("--expect-no-changes");
                    assert.deepEqual(await leftovers("_gpus", engine.host), []);
                };
                const ours = `new buildx.BuildxBuilder("b", { name: unique + "-ours", endpoint: "${engine.host}" });`;
                await project.program(ours);
                await project.up();
                assert.equal((await hardwareOf("ours")).DeviceRequests, null);
                await settles();

                const runtimes = { nvidia: { path: runtime } };
                await engine.restart({ config: { runtimes }, env: { PATH: `${hooks}:${process.env.PATH}` } });
                await project.refresh();
                const { output } = await project.up();
                assert.match(output, /creating .*-ours0: what buildx gives every builder .*GPUs.* changed/);
                await project.buildx(
                    "create",
                    "--driver",
                    "docker-container",
                    "--name",
                    `${unique}-theirs`,
                    "--bootstrap",
                    engine.host,
                );
                const theirs = await hardwareOf("theirs");
                assert.equal(theirs.DeviceRequests?.length, 1);
                assert.deepEqual(await hardwareOf("ours"), theirs);
                await settles();

                // An engine that has GPUs without telling of them.
                await engine.restart({ config: {} });
                await settles();
                const adopted = (more: string) =>
                    `${ours} new buildx.BuildxBuilder("a", { name: unique + "-theirs", endpoint: "${engine.host}", adopt: true, ${more} });`;
                await project.program(adopted('driverOpts: { env: { A: "1" } }'));
                await project.up();
                assert.deepEqual(await hardwareOf("theirs"), theirs);

                await mkdir(libraries);
                try {
                    project.env.WSL_DISTRO_NAME = "test";
                    await project.buildx(
                        "create",
                        "--driver",
                        "docker-container",
                        "--name",
                        `${unique}-wsl`,
                        "--bootstrap",
                        engine.host,
                    );
                    await project.refresh();
                    await project.up();
                    const inWsl = await hardwareOf("wsl");
                    assert.equal(inWsl.mounts.length, 2);
                    for (const each of ["ours", "theirs"]) assert.deepEqual(await hardwareOf(each), inWsl);
                    await settles();
                } finally {
                    await rmdir(libraries);
                }
                delete project.env.WSL_DISTRO_NAME;
                await settles();

                // An engine that tells of GPUs and does not give any, which only a container shows.
                await engine.restart({ config: { runtimes }, env: {}, fresh: true });
                await project.up("--refresh");
                assert.equal((await hardwareOf("ours")).DeviceRequests, null);
                await settles();
            });
        }),
    );
});
