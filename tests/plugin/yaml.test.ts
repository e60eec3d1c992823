import { strict as assert } from "node:assert";
import { docker, inspectContainer, inspectVolume, leftovers } from "../support/docker";
import { withYamlProject, type YamlProject } from "../support/languages";
import type { YamlProgram } from "../support/program";

const containerOf = ({ unique }: YamlProject) => `buildx_buildkit_${unique}0`;

/** A state, a builder with this state, and outputs of both. */
const stateAndBuilder = ({ unique }: YamlProject, builder: object): YamlProgram => ({
    resources: {
        cache: { type: "buildx:BuildKitState", properties: { builderName: unique } },
        builder: { type: "buildx:BuildxBuilder", properties: { state: "${cache}", ...builder } },
    },
    outputs: { name: "${builder.name}", status: "${builder.status}", volumeName: "${cache.volumeName}" },
});

describe("a program in YAML", () => {
    it(
        "creates a state and a builder, changes the builder in place, recreates it, and removes both",
        withYamlProject(async (project) => {
            const container = containerOf(project);
            const memory = async () => (await inspectContainer(container))?.HostConfig.Memory;
            await project.program(stateAndBuilder(project, { driverOpts: { memory: "512m" } }));
            const { output: planned } = await project.preview();
            assert.match(planned, /^ +name *: \[unknown\]$/m);
            assert.match(planned, /\+ 3 to create/);
            assert.deepEqual(await leftovers(project.unique), []);

            await project.up();
            assert.deepEqual(await project.outputs(), {
                name: project.unique,
                status: "running",
                volumeName: `${container}_state`,
            });
            assert.equal(await memory(), 512 * 1024 * 1024);
            const [created, volume] = await Promise.all([
                inspectContainer(container),
                inspectVolume(`${container}_state`),
            ]);
            assert.equal(
                created?.Config.Labels["io.github.pulumi-buildx.urn"],
                project.urn("BuildxBuilder", "builder"),
            );
            assert.match(await project.buildx("ls"), new RegExp(`${project.unique}0 .*running`));
            await project.preview("--expect-no-changes");
            await project.refresh("--expect-no-changes");
            await project.preview("--expect-no-changes");

            await project.program(stateAndBuilder(project, { driverOpts: { memory: "768m" } }));
            const { output: difference } = await project.preview("--diff");
            assert.match(difference, /~ buildx:index:BuildxBuilder: \(update\)/);
            assert.match(difference, /~ memory *: "512m" => "768m"/);
            assert.match(difference, /1 to update\n +2 unchanged/);
            assert.equal(await memory(), 512 * 1024 * 1024);
            await project.up();
            assert.equal(await memory(), 768 * 1024 * 1024);
            assert.equal((await inspectContainer(container))?.Id, created?.Id);

            await project.program(stateAndBuilder(project, { driverOpts: { memory: "768m", env: { A: "1" } } }));
            await project.up();
            const recreated = await inspectContainer(container);
            assert.notEqual(recreated?.Id, created?.Id);
            assert.ok(recreated?.Config.Env.includes("A=1"), String(recreated?.Config.Env));
            assert.deepEqual(await inspectVolume(`${container}_state`), volume); // with the time of its creation
            await project.preview("--expect-no-changes");

            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
            assert.deepEqual(await project.records(), []);
            assert.deepEqual(await project.state(), []);
        }),
    );

    it(
        "replaces both if the builder's name changes",
        withYamlProject(async (project) => {
            await project.program(stateAndBuilder(project, {}));
            await project.up();
            const renamed = stateAndBuilder({ ...project, unique: `${project.unique}-b` } as YamlProject, {});
            await project.program(renamed);
            const { output } = await project.preview("--diff");
            assert.match(output, /\+-buildx:index:BuildKitState: \(replace\)/);
            assert.match(output, new RegExp(`~ builderName: "${project.unique}" => "${project.unique}-b"`));
            assert.match(output, /\+-buildx:index:BuildxBuilder: \(replace\)/);
            await project.up();
            assert.deepEqual(await project.records(), [`${project.unique}-b`]);
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );

    it(
        "shows a stopped builder after a refresh, and starts it again",
        withYamlProject(async (project) => {
            const container = containerOf(project);
            await project.program(stateAndBuilder(project, {}));
            await project.up();
            await docker(["stop", container]);

            const { output: refreshed } = await project.refresh("--diff");
            assert.match(refreshed, /~ status: "running" => "stopped"/);
            const saved = (await project.state()).find(({ type }) => type === "buildx:index:BuildxBuilder");
            assert.equal(saved?.outputs.status, "stopped");
            const { output: planned } = await project.preview("--diff");
            assert.match(planned, /~ buildx:index:BuildxBuilder: \(update\)/);
            assert.match(planned, /the container is not running/);
            await project.up();
            assert.equal((await inspectContainer(container))?.State.Running, true);
            assert.equal((await project.outputs()).status, "running");
            await project.preview("--expect-no-changes");
        }),
    );

    it(
        "creates a builder again that is gone",
        withYamlProject(async (project) => {
            await project.program(stateAndBuilder(project, {}));
            await project.up();
            await project.buildx("rm", "--keep-state", project.unique);
            await project.refresh();
            await project.up();
            assert.equal((await inspectContainer(containerOf(project)))?.State.Running, true);
            assert.deepEqual(await project.records(), [project.unique]);
            await project.preview("--expect-no-changes");
        }),
    );

    it(
        "names the argument that is not valid, and leaves nothing of a creation that fails",
        withYamlProject(async (project) => {
            await project.program(stateAndBuilder(project, { driverOpts: { memory: "lots" } }));
            assert.match(await project.failing("preview"), /driverOpts\.memory.*"lots" is not a valid size/);

            const { resources, ...rest } = stateAndBuilder(project, {});
            const second = { type: "buildx:BuildxBuilder", properties: { state: "${cache}" } };
            await project.program({ ...rest, resources: { ...resources, second } });
            assert.match(
                (await project.failing("preview")).replace(/\s+/g, " "),
                /state.*BuildxBuilder "\w+" cannot use the state that BuildxBuilder "\w+" uses/,
            );

            await project.program(stateAndBuilder(project, { buildkitdFlags: ["--no-such-flag"] }));
            const output = await project.failing("up");
            assert.match(output, /Last lines of buildkitd's log:[\s\S]*not defined: -+no-such-flag/);
            assert.deepEqual(await leftovers(project.unique), [`${containerOf(project)}_state`]);
            assert.deepEqual(await project.records(), []);
            assert.deepEqual(
                (await project.state()).map(({ type }) => type),
                ["buildx:index:BuildKitState"],
            );
            await project.program(stateAndBuilder(project, {}));
            await project.up();
            assert.equal((await project.outputs()).status, "running");
        }),
    );
});
