import { strict as assert } from "node:assert";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { imageOf, silentImage } from "../support/image";
import { type Project, withProject } from "../support/project";

/** An image whose program says one line and ends. */
const imageThatEnds = (project: Project) =>
    imageOf(
        project,
        "ends",
        'FROM scratch\nCOPY busybox /bin/sh\nENTRYPOINT ["/bin/sh", "-c", "echo no configuration today >&2; exit 3"]\n',
    );

async function leavesNothing(project: Project): Promise<void> {
    assert.deepEqual(await leftovers(project.unique), []);
    assert.deepEqual(await project.records(), []);
    assert.deepEqual(await project.state(), []);
}

describe("a creation that fails", () => {
    it(
        "because buildkitd ends at once tells the end of its log and leaves nothing",
        withProject(async (project) => {
            const image = await imageThatEnds(project);
            try {
                await project.program(
                    `new buildx.BuildxBuilder("b", { name: unique, driverOpts: { image: ${JSON.stringify(image)} } });`,
                );
                const output = await project.failing("up");
                assert.match(output, /BuildKit did not boot: buildkitd in buildx_buildkit_.* exited with code 3/);
                assert.match(output, /Last output of buildctl: /);
                assert.match(output, /Last lines of buildkitd's log:\n +.*no configuration today/);
                await leavesNothing(project);
            } finally {
                await docker(["image", "rm", "--force", image]);
            }
        }),
    );

    it(
        "because buildkitd does not take its arguments tells what it said",
        withProject(async (project) => {
            await project.program(
                `new buildx.BuildxBuilder("b", { name: unique, buildkitdFlags: ["--no-such-flag"] });`,
            );
            assert.match(
                await project.failing("up"),
                /Last lines of buildkitd's log:[\s\S]*not defined: -+no-such-flag/,
            );
            await leavesNothing(project);
        }),
    );

    it(
        "because it stays silent is given up after bootTimeout",
        withProject(async (project) => {
            const image = await silentImage(project);
            try {
                await project.program(
                    `new buildx.BuildxBuilder("b", { name: unique, bootTimeout: 2, driverOpts: { image: ${JSON.stringify(image)} } });`,
                );
                assert.match(
                    await project.failing("up"),
                    /did not respond within 2 s\.\n +Last output of buildctl: .+\n +Last lines of/,
                );
                await leavesNothing(project);
            } finally {
                await docker(["image", "rm", "--force", image]);
            }
        }),
    );

    it(
        "for want of a network, an image or an engine names it and leaves nothing",
        withProject(async (project) => {
            const builder = (options: string) => `new buildx.BuildxBuilder("b", { name: unique, ${options} });`;
            await project.program(builder('driverOpts: { network: "nowhere" }'));
            assert.match(
                await project.failing("up"),
                /network "nowhere" of builder .* does not exist on unix:\/\/.*docker network create nowhere/,
            );
            await leavesNothing(project);

            await project.program(builder('driverOpts: { image: "127.0.0.1:1/no/image:here" }'));
            assert.match(
                await project.failing("up"),
                /image 127\.0\.0\.1:1\/no\/image:here cannot be pulled: .*refused/,
            );
            await leavesNothing(project);

            await project.program(builder('endpoint: "unix:///nowhere/docker.sock"'));
            assert.match(
                await project.failing("up"),
                /no Docker engine responds at unix:\/\/\/nowhere\/docker\.sock \(from the argument endpoint\): socket not found/,
            );
            await project.program(builder('endpoint: "nowhere"'));
            assert.match(
                await project.failing("up"),
                /endpoint "nowhere" .* is neither a host URL .* nor a docker context/,
            );
            await leavesNothing(project);
        }),
    );

    it(
        "for a processor that the engine does not have leaves nothing",
        withProject(async (project) => {
            await project.program(
                `new buildx.BuildxBuilder("b", { name: unique, driverOpts: { cpusetCpus: "4000" } });`,
            );
            assert.match(await project.failing("up"), /buildx_buildkit_.* cannot be created on unix:.*CPUs/);
            await leavesNothing(project);
        }),
    );

    it(
        "leaves a volume that was there before",
        withProject(async (project) => {
            const volume = `buildx_buildkit_${project.unique}0_state`;
            await docker(["volume", "create", volume]);
            await project.program(
                `new buildx.BuildxBuilder("b", { name: unique, buildkitdFlags: ["--no-such-flag"] });`,
            );
            await project.failing("up");
            assert.deepEqual(await leftovers(project.unique), [volume]);
        }),
    );

    it(
        "because docker has a context of that name says so",
        withProject(async (project) => {
            project.env.DOCKER_CONFIG = join(project.folder, "docker");
            await mkdir(project.env.DOCKER_CONFIG);
            await writeFile(join(project.env.DOCKER_CONFIG, "config.json"), "{}");
            await docker(["context", "create", project.unique, "--docker", "host=unix:///var/run/docker.sock"], {
                env: project.env,
            });
            await project.program(`new buildx.BuildxBuilder("b", { name: unique });`);
            assert.match(
                await project.failing("up"),
                /cannot be created: docker has a context of that name, .* Choose another name/,
            );
            await leavesNothing(project);

            await project.program(`new buildx.BuildxBuilder("b", { name: unique + "-b", endpoint: unique });`);
            await project.up();
            const record = await project.record(`${project.unique}-b`);
            assert.equal((record.Nodes as { Endpoint: string }[])[0]?.Endpoint, project.unique);
            assert.ok(await inspectContainer(`buildx_buildkit_${project.unique}-b0`));
        }),
    );
});
