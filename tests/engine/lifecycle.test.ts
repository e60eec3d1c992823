/** The whole life of a builder and its state with the dynamic provider. Other tests use the plugin, which is faster. */
import { strict as assert } from "node:assert";
import { docker, inspectContainer, inspectVolume, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { withProject } from "../support/project";
import { containerOf, volumeOf } from "../support/state";

const stateAndBuilder = `
const state = new buildx.BuildKitState("cache", { builderName: unique });
const builder = new buildx.BuildxBuilder("builder", { state });
for (const key of ["name", "containerName", "endpoint", "dockerEndpoint", "platforms", "buildkitVersion", "status", "nodes"])
    exports[key] = builder[key];
exports.state = { builderName: state.builderName, volumeName: state.volumeName, mountpoint: state.mountpoint, adopted: state.adopted };
`;

describe("the life of a builder and its state", () => {
    it(
        "creates a state and a builder, builds on it, and keeps the cache when the builder is created again",
        withProject(async (project) => {
            await project.program(stateAndBuilder);
            await project.up();

            const container = `buildx_buildkit_${project.unique}0`;
            const [outputs, inspected, volume] = await Promise.all([
                project.outputs(),
                inspectContainer(container),
                inspectVolume(`${container}_state`),
            ]);
            const { platforms, buildkitVersion, nodes, ...others } = outputs as {
                platforms: string[];
                buildkitVersion: string;
                nodes: Record<string, unknown>[];
            };
            assert.deepEqual(others, {
                name: project.unique,
                containerName: container,
                endpoint: `docker-container://${container}`,
                dockerEndpoint: "unix:///var/run/docker.sock",
                status: "running",
                state: {
                    builderName: project.unique,
                    volumeName: `${container}_state`,
                    mountpoint: volume?.Mountpoint,
                    adopted: false,
                },
            });
            assert.match(buildkitVersion, /^v\d+\.\d+\.\d+/);
            assert.ok(platforms.includes("linux/amd64"), String(platforms));
            assert.equal(nodes.length, 1);
            const { imageDigest, ...node } = nodes[0] as { imageDigest: string };
            assert.match(imageDigest, /^sha256:[0-9a-f]{64}$/);
            assert.deepEqual(node, {
                name: `${project.unique}0`,
                containerName: container,
                endpoint: `docker-container://${container}`,
                dockerEndpoint: "unix:///var/run/docker.sock",
                platforms,
                buildkitVersion,
                status: "running",
                volumeName: `${container}_state`,
            });
            assert.equal(
                inspected?.Config.Labels["io.github.pulumi-buildx.urn"],
                project.urn("BuildxBuilder", "builder"),
            );
            assert.equal(volume?.Labels["io.github.pulumi-buildx.urn"], project.urn("BuildKitState", "cache"));

            assert.match(await project.buildx("ls"), new RegExp(`${project.unique}0 .*running`));
            const folder = await context(project);
            assert.equal((await build(project, project.unique, folder)).cached, 0);

            await project.preview("--expect-no-changes");
            await project.refresh("--expect-no-changes");
            await project.preview("--expect-no-changes");

            await project.destroy("--target", project.urn("BuildxBuilder", "builder"));
            assert.deepEqual(await leftovers(project.unique), [`${container}_state`]);
            assert.deepEqual(await project.records(), []);
            await project.up();
            assert.equal((await build(project, project.unique, folder)).cached, 3);

            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
            assert.deepEqual(await project.records(), []);
        }),
    );

    it(
        "adopts both, updates, recreates and restores the builder, keeps it if an update fails, and removes it",
        withProject(async (project) => {
            const { unique } = project;
            const container = async () => (await inspectContainer(containerOf(unique))) ?? assert.fail();
            const program = (args: object, more = "") =>
                project.program(`
                    const state = new buildx.BuildKitState("s", { builderName: unique });
                    const b = new buildx.BuildxBuilder("b", { state, ...${JSON.stringify(args)} });
                    exports.status = b.status;
                    exports.adopted = state.adopted;
                    ${more}`);
            await project.buildx("create", "--name", unique, "--driver", "docker-container", "--bootstrap");
            const folder = await context(project);
            await build(project, unique, folder);
            const { Id: adopted } = await container();
            await program({});
            assert.match(await project.failing("up"), /already uses this state[\s\S]*adopt: true/);
            await program({ adopt: true });
            await project.up();
            assert.deepEqual(await project.outputs(), { status: "running", adopted: true });

            const memory = { adopt: true, driverOpts: { memory: "1g" } };
            await program(memory);
            await project.up();
            const updated = await container();
            assert.deepEqual([updated.Id, updated.HostConfig.Memory], [adopted, 2 ** 30]);

            const args = { adopt: true, driverOpts: { memory: "1g", env: { A: "1" } } };
            await program(args);
            await project.up();
            const { Id: recreated, Config } = await container();
            assert.notEqual(recreated, adopted);
            assert.ok(Config.Env.includes("A=1"));
            assert.equal((await build(project, unique, folder)).cached, 3);

            await program({ ...args, buildkitdFlags: ["--no-such-flag"] });
            assert.match(await project.failing("up"), /BuildKit did not boot[\s\S]*no-such-flag/);
            assert.equal((await container()).Id, recreated);

            await program(args);
            await docker(["stop", containerOf(unique)]);
            await project.refresh();
            assert.match((await project.preview()).output, /b +update/);
            await project.up();
            assert.equal((await container()).State.Running, true);
            await project.preview("--expect-no-changes");

            const invalid =
                'new buildx.BuildKitState("invalid", { builderName: unique + "-2", volumeDriver: "nowhere" });';
            await program(args, invalid);
            assert.match(await project.failing("up"), /volume .* cannot be created[\s\S]*nowhere/);

            await project.destroy();
            assert.deepEqual(await project.records(), []);
            assert.deepEqual(await leftovers(unique), [volumeOf(unique)]); // the state adopted this volume
        }),
    );

    it(
        "recreates the builder with its state, and leaves nothing of the old ones",
        withProject(async (project) => {
            const program = (args: string) => `
                const state = new buildx.BuildKitState("cache", { builderName: unique, ${args} });
                exports.container = new buildx.BuildxBuilder("builder", { state }).containerName;`;
            await project.program(program(""));
            await project.up();
            await project.program(program('labels: { disk: "fast" }'));
            await project.up();
            const volume = await inspectVolume(`buildx_buildkit_${project.unique}0_state`);
            assert.equal(volume?.Labels.disk, "fast");
            await project.preview("--expect-no-changes");

            await project.program(program('node: unique + "-node"'));
            await project.up();
            const container = `buildx_buildkit_${project.unique}-node`;
            assert.deepEqual(await project.outputs(), { container });
            assert.deepEqual(await leftovers(project.unique), [container, `${container}_state`]);
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );

    it(
        "works in components, in which resources have parents",
        withProject(async (project) => {
            await project.program(`
                class Platform extends pulumi.ComponentResource {
                    constructor(name, opts) {
                        super("my:platform:Platform", name, {}, opts);
                        const state = new buildx.BuildKitState(name, { builderName: unique }, { parent: this });
                        this.builder = new buildx.BuildxBuilder(name, { state }, { parent: state });
                        this.registerOutputs({ builder: this.builder });
                    }
                }
                exports.name = new Platform("platform").builder.name;`);
            await project.up();
            assert.deepEqual(await project.outputs(), { name: project.unique });
            const [, builder] = await project.state();
            const owner = (await inspectContainer(`buildx_buildkit_${project.unique}0`))?.Config.Labels;
            assert.equal(owner?.["io.github.pulumi-buildx.urn"], builder?.urn);
            await project.preview("--expect-no-changes");
            await project.refresh("--expect-no-changes");
        }),
    );
});
