import { strict as assert } from "node:assert";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { inspectContainer, inspectVolume, leftovers } from "../support/docker";
import { withMovingProject, withPythonProject } from "../support/languages";
import { builder, resources as resourcesOf, type YamlProgram, type YamlResource } from "../support/program";
import { type Project, withProject } from "../support/project";
import { withStack } from "../support/stack";

const containerOf = ({ unique }: Project) => `buildx_buildkit_${unique}0`;

/** Returns what changes if anything touches the builder's container or its volume. */
async function identityOf(project: Project) {
    const container = await inspectContainer(containerOf(project));
    const volume = await inspectVolume(`${containerOf(project)}_state`);
    return { id: container?.Id, startedAt: container?.State.StartedAt, volume };
}

const types = async (project: Project): Promise<string[]> => (await project.state()).map(({ type }) => type).sort();

const classes = ["BuildKitState", "BuildKitStateArchive", "BuildxBuilder"];
const dynamicTypes = classes.map((name) => `pulumi-nodejs:dynamic/buildx:${name}`);
const pluginTypes = classes.map((name) => `buildx:index:${name}`);

async function assertNoSecretIsSaved(project: Project): Promise<void> {
    const saved = JSON.stringify(await project.state());
    for (const each of secrets) assert.ok(!saved.includes(each), saved);
}

/** Returns the flags of an operation that selects the plugin or the dynamic provider, and saves the choice. */
const withPlugin = (value: boolean) => ["--config", `buildx:plugin=${value}`];

/** Runs `pulumi up` after a move and refreshes, and asserts that nothing changes. */
async function moves(project: Project, expected: string[], ...flags: string[]): Promise<void> {
    const before = await identityOf(project);
    await project.up("--expect-no-changes", ...flags);
    assert.deepEqual(await types(project), expected);
    await project.refresh("--expect-no-changes");
    assert.deepEqual(await identityOf(project), before);
}

const resources = ({ memory = "512m", name = "builder", options = "{}" } = {}) => `
const cache = new buildx.BuildKitState("cache", { builderName: unique });
const builder = new buildx.BuildxBuilder("${name}", {
    state: cache,
    driverOpts: { memory: "${memory}", env: { TOKEN: pulumi.secret("hidden-token") } },
    gc: [{ maxUsedSpace: "10GB", all: true }],
    buildkitdConfig: pulumi.secret("debug = true\\n"),
}, ${options});
new buildx.BuildKitStateArchive("copy", { state: cache, to: "copy.tar.zst" }, { dependsOn: [builder] });
exports.name = builder.name;
exports.images = builder.imageArgs();
`;

/** The same with the names of the schema. */
const inNamesOfSchema = resources().replace("gc:", "gcRules:").replace("buildkitdConfig:", "buildkitdToml:");

const secrets = ["hidden-token", "debug = true"];

/** The same in YAML. */
const inYaml = ({ unique }: Project): YamlProgram => ({
    resources: {
        cache: { type: "buildx:BuildKitState", properties: { builderName: unique } },
        builder: {
            type: "buildx:BuildxBuilder",
            properties: {
                state: "${cache}",
                driverOpts: { memory: "512m", env: { TOKEN: { "fn::secret": "hidden-token" } } },
                gcRules: [{ maxUsedSpace: "10GB", all: true }],
                buildkitdToml: { "fn::secret": "debug = true\n" },
            },
        },
        copy: {
            type: "buildx:BuildKitStateArchive",
            properties: { state: "${cache}", to: { archive: "copy.tar.zst" } },
            options: { dependsOn: ["${builder}"] },
        },
    },
    outputs: { name: "${builder.name}" },
});

/** The same in Python. */
const inPython = `
cache = buildx.BuildKitState("cache", builder_name=unique)
builder = buildx.BuildxBuilder(
    "builder",
    state=cache,
    driver_opts={"memory": "512m", "env": {"TOKEN": pulumi.Output.secret("hidden-token")}},
    gc_rules=[{"max_used_space": "10GB", "all": True}],
    buildkitd_toml=pulumi.Output.secret("debug = true\\n"),
)
buildx.BuildKitStateArchive(
    "copy", state=cache, to={"archive": "copy.tar.zst"}, opts=pulumi.ResourceOptions(depends_on=[builder])
)
pulumi.export("name", builder.name)
`;

describe("a move of a stack", () => {
    it(
        "from the dynamic provider to the plugin, in TypeScript or in YAML, and back changes nothing",
        withMovingProject(async (project) => {
            await project.program(resources());
            await project.up();
            assert.deepEqual(await types(project), dynamicTypes);
            await assertNoSecretIsSaved(project);

            await moves(project, pluginTypes, ...withPlugin(true));
            await moves(project, dynamicTypes, ...withPlugin(false));
            await project.yaml(inYaml(project));
            await moves(project, pluginTypes);
            await project.program(inNamesOfSchema);
            await moves(project, dynamicTypes);

            // together with a change
            const { id } = await identityOf(project);
            await project.program(
                resources({ memory: "768m", name: "renamed", options: '{ aliases: [{ name: "builder" }] }' }),
            );
            await project.up(...withPlugin(true));
            assert.deepEqual(await types(project), pluginTypes);
            const changed = await inspectContainer(containerOf(project));
            assert.equal(changed?.Id, id);
            assert.equal(changed?.HostConfig.Memory, 768 * 1024 * 1024);
            await assertNoSecretIsSaved(project);
            await project.up("--expect-no-changes", ...withPlugin(false));
            assert.deepEqual(await types(project), dynamicTypes);
            assert.equal((await inspectContainer(containerOf(project)))?.Id, id);

            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
            assert.deepEqual(await project.records(), []);
        }),
    );
});

describe("a move of a stack of the plugin", () => {
    it(
        "from YAML to Python and back changes nothing",
        withPythonProject(async (project) => {
            await project.yaml(inYaml(project));
            await project.up();
            const before = await identityOf(project);
            await project.program(inPython);
            await project.up("--expect-no-changes");
            await assertNoSecretIsSaved(project);
            await project.yaml(inYaml(project));
            await project.up("--expect-no-changes");
            assert.deepEqual(await types(project), pluginTypes);
            assert.deepEqual(await identityOf(project), before);
        }),
    );
});

describe("a renamed builder with an automatic name", () => {
    it(
        "stays as it is with the plugin, and its former logical name can be used again",
        withStack(async (stack) => {
            const { unique } = stack;
            const renamed = `${unique}-renamed`;
            const outputs = { name: `\${${renamed}.name}` };
            const program = (args: object, others: Record<string, YamlResource> = {}, more: object = {}) =>
                stack.program(
                    resourcesOf(
                        { [renamed]: builder(args, { aliases: [unique] }), ...others },
                        { ...outputs, ...more },
                    ),
                );
            await stack.program(resourcesOf({ [unique]: builder() }, { name: `\${${unique}.name}` }));
            await stack.up();
            const { name } = await stack.outputs<{ name: string }>();
            const container = () => inspectContainer(`buildx_buildkit_${name}0`);
            const created = await container();

            await program({});
            await stack.up("--expect-no-changes");
            assert.deepEqual(await stack.outputs(), { name });
            await program({}, { [unique]: builder() }, { other: `\${${unique}.name}` });
            await stack.up();
            assert.deepEqual(stack.steps, { [unique]: "create" });
            const { other } = await stack.outputs<{ other: string }>();
            assert.notEqual(other, name);
            assert.deepEqual((await stack.records()).sort(), [name, other].sort());

            await program({ driverOpts: { memory: "512m" } });
            await stack.up();
            assert.deepEqual(stack.steps, { [renamed]: "update", [unique]: "delete" });
            assert.deepEqual(await stack.records(), [name]);
            assert.equal((await container())?.HostConfig.Memory, 512 * 1024 * 1024);
            assert.deepEqual([(await container())?.Id, created !== undefined], [created?.Id, true]);
            await stack.refresh("--expect-no-changes");
            await stack.destroy();
            assert.deepEqual([await leftovers(unique), await stack.records()], [[], []]);
        }),
    );

    it(
        "stays as it is with the dynamic provider, and its former logical name can be used again",
        withProject(async (project) => {
            const { unique } = project;
            const program = (args: object, more = "") =>
                project.program(`
                    const options = { aliases: [{ name: unique }] };
                    const args = ${JSON.stringify(args)};
                    exports.name = new buildx.BuildxBuilder(unique + "-renamed", args, options).name;
                    ${more}`);
            await project.program("exports.name = new buildx.BuildxBuilder(unique, {}).name;");
            await project.up();
            const { name } = await project.outputs<{ name: string }>();
            const created = await inspectContainer(`buildx_buildkit_${name}0`);
            await program({});
            await project.up("--expect-no-changes");
            assert.deepEqual(await project.outputs(), { name });

            const memory = { driverOpts: { memory: "512m" } };
            await program(memory, "exports.other = new buildx.BuildxBuilder(unique, {}).name;");
            await project.up();
            const { other } = await project.outputs<{ other: string }>();
            assert.notEqual(other, name);
            assert.deepEqual((await project.records()).sort(), [name, other].sort());
            const updated = await inspectContainer(`buildx_buildkit_${name}0`);
            assert.deepEqual([updated?.Id, updated?.HostConfig.Memory], [created?.Id, 512 * 1024 * 1024]);
            await project.refresh("--expect-no-changes");
            await project.destroy();
            assert.deepEqual([await leftovers(unique), await project.records()], [[], []]);
        }),
    );
});

describe("a program in TypeScript with the plugin", () => {
    it(
        "creates, changes and removes a builder",
        withMovingProject(async (project) => {
            const program = (options = "", limit = "10GB") => `
                const cache = new buildx.BuildKitState("cache", { builderName: unique });
                const builder = new buildx.BuildxBuilder("builder", {
                    name: unique,
                    nodes: [{ state: cache, buildkitdConfig: pulumi.secret("debug = true\\n") }],
                    gc: pulumi.output([{ maxUsedSpace: "${limit}", all: true }]).apply((rules) => pulumi.secret(rules)),
                    driverOpts: { env: { TOKEN: pulumi.secret("hidden-token") } },
                    ${options}
                }, { replaceOnChanges: ["keepState"], ignoreChanges: ["gc"] });
                exports.name = builder.name;
                exports.status = builder.status;
                exports.images = builder.imageArgs();`;
            await project.program(program());
            const { output: planned } = await project.preview(...withPlugin(true));
            assert.match(planned, /^ +name *: (\[unknown\]|output<string>)$/m);
            await project.up();
            assert.deepEqual(await types(project), ["buildx:index:BuildKitState", "buildx:index:BuildxBuilder"]);
            const created = await identityOf(project);
            const { images, ...outputs } = await project.outputs();
            assert.deepEqual(outputs, { name: project.unique, status: "running" });
            assert.deepEqual((images as { builder: object }).builder, { name: project.unique });
            await assertNoSecretIsSaved(project);

            await project.program(program("", "20GB")); // which is ignored
            await project.preview("--expect-no-changes");

            // with a new container
            await project.program(program("labels: { team: 'ci' },"));
            const { output: difference } = await project.preview("--diff");
            assert.match(difference, /~ buildx:index:BuildxBuilder: \(update\)/);
            assert.match(difference, /\+ labels/);
            assert.doesNotMatch(difference, /name *: .*unknown/);
            await project.up();
            const recreated = await identityOf(project);
            assert.notEqual(recreated.id, created.id);
            assert.deepEqual(recreated.volume, created.volume);

            await project.program(program("labels: { team: 'ci' }, keepState: true,"));
            assert.match((await project.preview()).output, /BuildxBuilder builder replace/);

            await project.program(program("gcRules: [],"));
            assert.match(await project.failing("preview"), /gc and gcRules are two forms of one setting/);

            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
            assert.deepEqual(await project.records(), []);
        }),
    );

    it(
        "says what to run if the plugin is not installed",
        withProject(async (project) => {
            await project.program('new buildx.BuildxBuilder("builder", { name: unique });');
            // A file that Pulumi cannot start, as npm leaves it in node_modules/.bin before a build.
            await writeFile(join(project.folder, "pulumi-resource-buildx"), "", { mode: 0o644 });
            project.env.PATH = `${project.folder}${delimiter}${process.env.PATH}`;
            const missing = await project.failing("preview", ...withPlugin(true));
            assert.match(
                missing,
                /the plugin buildx \d\S+, which the configuration buildx:plugin selects, was not found/,
            );
            assert.match(missing, /home\/plugins has no version of it\. Install it: npx pulumi-buildx plugin install/);

            await mkdir(join(project.folder, "home/plugins/resource-buildx-v0.0.1"), { recursive: true });
            assert.match(await project.failing("preview"), /has only 0\.0\.1\. Install it/);
        }),
    );
});
