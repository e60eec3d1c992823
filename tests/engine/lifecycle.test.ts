import { strict as assert } from "node:assert";
import { inspectContainer, inspectVolume, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { withProject } from "../support/project";

const stateAndBuilder = `
const state = new buildx.BuildKitState("cache", { builderName: unique });
const builder = new buildx.BuildxBuilder("builder", { state });
for (const key of ["name", "containerName", "endpoint", "dockerEndpoint", "platforms", "buildkitVersion", "status", "nodes"])
    exports[key] = builder[key];
exports.state = { builderName: state.builderName, volumeName: state.volumeName, mountpoint: state.mountpoint, adopted: state.adopted };
`;

describe("the life of a builder", () => {
    it(
        "makes a state and a builder, builds on it, and keeps the cache when the builder is made again",
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
        "keeps its own volume with keepState, also under an automatic name, and finds it again",
        withProject(async (project) => {
            await project.program(`
                const fixed = new buildx.BuildxBuilder("fixed", { name: unique + "-fixed", keepState: true });
                const automatic = new buildx.BuildxBuilder(unique + "-auto", { keepState: true });
                exports.names = [fixed.name, automatic.name];`);
            await project.up();
            const { names } = await project.outputs<{ names: string[] }>();
            assert.match(names[1] ?? "", new RegExp(`^${project.unique}-auto-[0-9a-f]{7}$`));
            const folder = await context(project);
            for (const name of names) assert.equal((await build(project, name, folder)).cached, 0);

            await project.destroy();
            assert.deepEqual((await leftovers(project.unique)).sort(), names.map(volumeOf).sort());
            await project.up();
            assert.deepEqual((await project.outputs<{ names: string[] }>()).names, names);
            for (const name of names) assert.equal((await build(project, name, folder)).cached, 3);
        }),
    );

    it(
        "removes its own volume without keepState, and gives another automatic name each time",
        withProject(async (project) => {
            await project.program(`exports.name = new buildx.BuildxBuilder(unique).name;`);
            await project.up();
            const { name } = await project.outputs<{ name: string }>();
            assert.match(name, new RegExp(`^${project.unique}-[0-9a-f]{7}$`));
            await project.preview("--expect-no-changes");
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
            await project.up();
            assert.notEqual((await project.outputs<{ name: string }>()).name, name);
        }),
    );

    it(
        "moves with its state when that is made anew, and leaves nothing of the old one",
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
        "is a part of components, in which resources have parents",
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

    it(
        "takes a name in capitals as buildx does",
        withProject(async (project) => {
            await project.program(`exports.name = new buildx.BuildxBuilder("b", { name: unique.toUpperCase() }).name;`);
            await project.up();
            assert.deepEqual(await project.outputs(), { name: project.unique });
            await project.preview("--expect-no-changes");
            assert.deepEqual(await project.records(), [project.unique]);
        }),
    );

    it(
        "makes the builder the current one with use, and no longer when it goes",
        withProject(async (project) => {
            await project.program(`new buildx.BuildxBuilder("b", { name: unique, use: true });`);
            await project.up();
            assert.match(await project.buildx("inspect"), new RegExp(`Name: +${project.unique}\n`));
            await project.destroy();
            assert.doesNotMatch(await project.buildx("inspect"), new RegExp(project.unique));
        }),
    );
});

const volumeOf = (builder: string) => `buildx_buildkit_${builder}0_state`;
