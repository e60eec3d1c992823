import { strict as assert } from "node:assert";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cli, shell } from "../support/cli";
import { docker } from "../support/docker";
import { createContext, isolateDockerConfig } from "../support/dockerConfig";
import { build, context } from "../support/image";
import { type Project, withProject } from "../support/project";
import { run } from "../support/run";
import { archiveFails } from "../support/state";

interface Read {
    name: string;
    containerName: string;
    platforms: string[];
    status: string;
    nodes: { imageDigest: string; status: string }[];
}

describe("a builder that another stack or a person made", () => {
    it(
        "is read by getBuilder, getBuilderOutput and get, and nothing of it is changed",
        withProject(async (project) => {
            const create = ["create", "--name", project.unique, "--driver", "docker-container"];
            await project.buildx(...create, "--driver-opt", "memory=512m", "--bootstrap");
            const record = await project.record(project.unique);
            await project.program(`
                exports.function = buildx.getBuilder({ name: unique.toUpperCase() });
                exports.output = buildx.getBuilderOutput({ name: pulumi.output(unique) });
                const { name, containerName, endpoint, dockerEndpoint, platforms, buildkitVersion, status, nodes } =
                    buildx.BuildxBuilder.get("other", unique);
                exports.resource = { name, containerName, endpoint, dockerEndpoint, platforms, buildkitVersion, status, nodes };
                exports.state = buildx.BuildKitState.get("cache", "buildx_buildkit_" + unique + "0_state").builderName;`);
            await project.preview();
            await project.up();
            const read = await project.outputs<Record<string, Read>>();
            assert.equal(read.function?.name, project.unique);
            assert.equal(read.function?.containerName, `buildx_buildkit_${project.unique}0`);
            assert.equal(read.function?.status, "running");
            assert.ok(read.function?.platforms.includes("linux/amd64"));
            assert.match(read.function?.nodes[0]?.imageDigest ?? "", /^sha256:/);
            assert.deepEqual(read.output, read.function);
            assert.deepEqual(read.resource, read.function);
            assert.equal(read.state, project.unique);

            await docker(["stop", `buildx_buildkit_${project.unique}0`]);
            await project.up();
            assert.equal((await project.outputs<Record<string, Read>>()).function?.status, "stopped");

            await project.destroy();
            assert.deepEqual(await project.record(project.unique), record);
            assert.match(await project.buildx("inspect", "--bootstrap", project.unique), /Status: +running/);
        }),
    );

    it(
        "is told apart from one that is not there, at preview",
        withProject(async (project) => {
            await project.buildx("create", "--name", `${project.unique}-one`, "--driver", "docker-container");
            await project.program(`exports.it = buildx.getBuilder({ name: unique });`);
            assert.match(
                await project.failing("preview"),
                new RegExp(`builder "${project.unique}" not found in .*other builders there: ${project.unique}-one`),
            );
            await project.program(`exports.it = buildx.BuildxBuilder.get("other", unique).name;`);
            assert.match(await project.failing("preview"), new RegExp(`builder "${project.unique}" not found in `));
            await project.program(`exports.it = buildx.getBuilder({ name: "4 you" });`);
            assert.match(
                await project.failing("preview"),
                /"4 you" is not a valid builder name: must start with a letter/,
            );
        }),
    );

    it(
        "warns where buildx has no record of it, with the command that writes one",
        withProject(async (project) => {
            const { unique } = project;
            const create = ["create", "--name", unique, "--driver", "docker-container"];
            await project.buildx(...create, "--bootstrap");
            const made = await docker(["inspect", "--format", "{{.Id}}", `buildx_buildkit_${unique}0`]);
            project.env.BUILDX_CONFIG = join(project.folder, "other-machine");
            await project.program(`
                exports.read = buildx.getBuilder({ name: unique });
                exports.status = buildx.BuildxBuilder.get("other", unique).status;`);
            const { output } = await project.up();
            assert.equal((await project.outputs<{ status: string }>()).status, "running");
            const text = output.replace(/\s+/g, " ");
            const warning =
                /buildx on this machine has no record of builder "\S+" in \S+\/other-machine\. Builds with the builder fail here\. Write a record with: (docker buildx create --name \S+ --driver docker-container --node \S+ \S+)/g;
            const commands = [...text.matchAll(warning)].map(([, command]) => command as string);
            assert.equal(new Set(commands).size, 1, text);
            for (const shown of ["pulumi:pulumi:Stack", "BuildxBuilder \\(other\\)"])
                assert.match(text.slice(text.indexOf("Diagnostics")), new RegExp(`${shown}[^:]*: warning: buildx on`));
            await assert.rejects(build(project, unique, await context(project)), /no builder "\w+" found/);
            const { code, output: said } = await shell(project, commands[0] as string);
            assert.equal(code, 0, said);
            await build(project, unique, await context(project));
            assert.equal(await docker(["inspect", "--format", "{{.Id}}", `buildx_buildkit_${unique}0`]), made);
            const { output: then } = await project.up();
            assert.doesNotMatch(then.replace(/\s+/g, " "), /no record/);
            await project.destroy();
        }),
    );

    it(
        "of another driver is named as such, by whatever reads it",
        withProject(async (project) => {
            await mkdir(join(project.store, "instances"), { recursive: true });
            const says = (driver: string, what: string) =>
                new RegExp(
                    `${what}: its driver is ${driver}, and only builders of the docker-container driver are supp`,
                );
            const preview = async (program: string) => {
                await project.program(program);
                return (await project.failing("up")).replace(/\s+/g, " ");
            };
            for (const [driver, endpoint] of [
                ["kubernetes", "kubernetes:///farm?deployment=farm0"],
                ["remote", "tcp://farm.example:1234"],
                ["cloud", "cloud://org/farm"],
            ] as const) {
                const node = {
                    Name: "farm0",
                    Endpoint: endpoint,
                    Platforms: null,
                    DriverOpts: null,
                    Flags: null,
                    Files: null,
                };
                const record = { Name: "farm", Driver: driver, Nodes: [node], Dynamic: false };
                await writeFile(join(project.store, "instances/farm"), JSON.stringify(record));
                const read = await failingCall(project, `buildx.getBuilder({ name: "farm" })`);
                assert.match(read, says(driver, 'builder "farm" cannot be read'));
                const measured = await failingCall(project, `buildx.getState({ builderName: "farm" })`);
                assert.match(measured, says(driver, 'the state of builder "farm" cannot be measured'));
                const archived = await archiveFails(project, { builderName: "farm", to: join(project.folder, "a") });
                assert.match(archived, says(driver, 'the state of builder "farm" cannot be archived'));
                const { stdout } = await cli(project, "status", "farm");
                assert.match(stdout, new RegExp(`^farm +${driver} driver`, "m"));
                const examined = await cli(project, "doctor", "farm");
                assert.deepEqual([examined.code, examined.output.includes(`has the driver ${driver}`)], [0, true]);
                assert.doesNotMatch(examined.output, /host URL|does not answer|docker context/);
            }
            assert.match(
                await preview(`exports.it = buildx.BuildxBuilder.get("other", "farm").name;`),
                says("cloud", 'builder "farm" cannot be read'),
            );
            assert.match(
                await preview(`new buildx.BuildKitPrune("p", { builderName: "farm" });`),
                says("cloud", 'builder "farm" cannot be pruned'),
            );
            await isolateDockerConfig(project);
            await createContext(project, "hidden", `unix://${project.folder}/none.sock`);
            for (const name of ["default", "hidden"]) {
                const read = await failingCall(project, `buildx.getBuilder({ name: "${name}" })`);
                assert.match(read, says("docker", `builder "${name}" cannot be read`));
            }
            const shown = await cli(project, "status", "hidden");
            assert.match(shown.output, says("docker", 'builder "hidden" cannot be shown'));
        }),
    );
});

/** What a call says that fails, in a program of its own. */
async function failingCall(project: Project, call: string): Promise<string> {
    const program = `const buildx = require("pulumi-buildx"); ${call}.then(
        () => process.exit(0), (error) => { console.log(error.message); process.exit(1); });`;
    const { code, output } = await run("node", ["-e", program], { cwd: project.folder, env: project.env });
    assert.equal(code, 1, output);
    return output;
}
