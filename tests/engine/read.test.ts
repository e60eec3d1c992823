import { strict as assert } from "node:assert";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cli, shell } from "../support/cli";
import { docker, inspectContainer } from "../support/docker";
import { createContext, isolateDockerConfig } from "../support/dockerConfig";
import { build, context } from "../support/image";
import { archive, prune, resources } from "../support/program";
import { type Project, withProject } from "../support/project";
import { must } from "../support/run";
import { withStack } from "../support/stack";
import { archiveFails, containerOf } from "../support/state";

interface Read {
    name: string;
    containerName: string;
    platforms: string[];
    status: string;
    nodes: { imageDigest: string; status: string }[];
}

describe("a builder that another stack or a person created", () => {
    it(
        "is read by getBuilder, getBuilderOutput and get, which change nothing and warn if buildx has no record",
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
            await project.up();
            const read = await project.outputs<Record<string, Read>>();
            assert.equal(read.function?.name, project.unique);
            assert.equal(read.function?.containerName, containerOf(project.unique));
            assert.equal(read.function?.status, "running");
            assert.ok(read.function?.platforms.includes("linux/amd64"));
            assert.match(read.function?.nodes[0]?.imageDigest ?? "", /^sha256:/);
            assert.deepEqual(read.output, read.function);
            assert.deepEqual(read.resource, read.function);
            assert.equal(read.state, project.unique);

            await docker(["stop", containerOf(project.unique)]);
            project.env.BUILDX_CONFIG = join(project.folder, "other-machine");
            const { output } = await project.up();
            assert.equal((await project.outputs<Record<string, Read>>()).function?.status, "stopped");
            const diagnostics = output.slice(output.indexOf("Diagnostics")).replace(/\s+/g, " ");
            for (const shown of ["pulumi:pulumi:Stack", "BuildxBuilder \\(other\\)"])
                assert.match(diagnostics, new RegExp(`${shown}[^:]*: warning: buildx on this machine has no record`));

            await project.destroy();
            project.env.BUILDX_CONFIG = project.store;
            assert.deepEqual(await project.record(project.unique), record);
            assert.match(await project.buildx("inspect", "--bootstrap", project.unique), /Status: +running/);
        }),
    );

    it(
        "is reported at preview if it does not exist",
        withProject(async (project) => {
            const { unique } = project;
            await project.buildx("create", "--name", `${unique}-one`, "--driver", "docker-container");
            await project.program(`exports.it = buildx.BuildxBuilder.get("other", unique).name;`);
            assert.match(await project.failing("preview"), new RegExp(`builder "${unique}" not found in `));
            const [missing, invalid] = await errorsOfGetBuilder(project, [unique, "4 you"]);
            assert.match(
                missing ?? "",
                new RegExp(`builder "${unique}" not found in .*other builders there: ${unique}-one`),
            );
            assert.match(invalid ?? "", /"4 you" is not a valid builder name: must start with a letter/);
        }),
    );

    it(
        "is named in a warning if buildx has no record of it, with the command that writes the record",
        withStack(async (stack) => {
            const { unique } = stack;
            const create = ["create", "--name", unique, "--driver", "docker-container"];
            await stack.buildx(...create, "--bootstrap");
            const { Id: created } = (await inspectContainer(containerOf(unique))) ?? assert.fail();
            stack.env.BUILDX_CONFIG = join(stack.folder, "other-machine");
            await stack.restart();
            const resource = stack.urn("BuildxBuilder", "other");
            const read = async () => {
                const before = stack.log.length;
                const { result } = await stack.invoke("buildx:index:getBuilder", { name: unique });
                const { properties } = await stack.read(resource, unique);
                assert.deepEqual([result.status, properties.status], ["running", "running"]);
                return stack.log.slice(before).filter(({ severity }) => severity === "warning");
            };
            const warnings = await read();
            assert.deepEqual(
                warnings.map(({ urn }) => urn),
                ["", resource],
            );
            const warning =
                /buildx on this machine has no record of builder "\S+" in \S+\/other-machine\. Builds with the builder fail here\. Write a record with: (docker buildx create --name \S+ --driver docker-container --node \S+ \S+)/;
            const [command = "", ...others] = new Set(warnings.map(({ text }) => warning.exec(text)?.[1]));
            assert.deepEqual(others, []);
            const folder = await context(stack);
            await assert.rejects(build(stack, unique, folder), /no builder "\w+" found/);
            const { code, output } = await shell(stack, command);
            assert.equal(code, 0, output);
            await build(stack, unique, folder);
            assert.equal((await inspectContainer(containerOf(unique)))?.Id, created);
            assert.deepEqual(await read(), []);
        }),
    );

    it(
        "and has another driver is reported with its driver by everything that reads it",
        withStack(async (stack) => {
            await mkdir(join(stack.store, "instances"), { recursive: true });
            stack.env.KUBECONFIG = join(stack.folder, "none");
            const says = (driver: string, what: string) =>
                new RegExp(
                    `${what}: its driver is ${driver}, and only builders of the docker-container driver are supp`,
                );
            const fails = async (token: string, args: Record<string, unknown>) => {
                const error: unknown = await stack.invoke(`buildx:index:${token}`, args).catch((cause) => cause);
                return error instanceof Error ? error.message : assert.fail(`${token} did not fail`);
            };
            await Promise.all(Object.entries(endpoints).map(([driver, endpoint]) => write(stack, driver, endpoint)));
            const names = Object.keys(endpoints);
            await stack.program(
                resources(
                    Object.fromEntries(
                        names.flatMap((name) => [
                            [`${name}Archive`, archive({ builderName: name, to: { archive: "a.tar.zst" } })],
                            [`${name}Prune`, prune({ builderName: name })],
                        ]),
                    ),
                ),
            );
            const failed = await stack.failing("up");
            await Promise.all(
                names.map(async (driver) => {
                    const read = driver in examinedAs ? undefined : await fails("getBuilder", { name: driver });
                    if (read !== undefined) assert.match(read, says(driver, `builder "${driver}" cannot be read`));
                    const measured = await fails("getState", { builderName: driver });
                    assert.match(measured, says(driver, `the state of builder "${driver}" cannot be measured`));
                    const resource = stack.read(stack.urn("BuildxBuilder", "other"), driver);
                    await assert.rejects(resource, says(driver, `builder "${driver}" cannot be read`));
                    assert.match(failed, says(driver, `the state of builder "${driver}" cannot be archived`));
                    assert.match(failed, says(driver, `builder "${driver}" cannot be pruned`));
                    const examined = await cli(stack, "doctor", driver);
                    const isExpected = examined.output.includes(
                        examinedAs[driver] ?? `builder "${driver}" has the driver ${driver}`,
                    );
                    assert.deepEqual(
                        [examined.code, isExpected],
                        [driver in examinedAs ? 1 : 0, true],
                        examined.output,
                    );
                    assert.doesNotMatch(examined.output, /host URL|does not answer|docker context/);
                }),
            );
            const archived = await archiveFails(stack, { builderName: "cloud", to: join(stack.folder, "a") });
            assert.match(archived, says("cloud", 'the state of builder "cloud" cannot be archived'));
            const { stdout } = await cli(stack, "status", ...names);
            for (const driver of names) {
                const shown = driver in examinedAs ? "unreachable" : `${driver} driver`;
                assert.match(stdout, new RegExp(`^${driver} +${shown}`, "m"));
            }

            await isolateDockerConfig(stack);
            await createContext(stack, "hidden", `unix://${stack.folder}/none.sock`);
            await stack.restart();
            for (const name of ["default", "hidden"])
                assert.match(await fails("getBuilder", { name }), says("docker", `builder "${name}" cannot be read`));
            const shown = await cli(stack, "status", "hidden");
            assert.match(shown.output, says("docker", 'builder "hidden" cannot be shown'));
        }),
    );
});

/** The endpoints of builders of other drivers. */
const endpoints: Readonly<Record<string, string>> = {
    kubernetes: "kubernetes:///farm?deployment=farm0",
    remote: "tcp://farm.example:1234",
    cloud: "cloud://org/farm",
};

/** What doctor says of those that this package has resources for. */
const examinedAs: Readonly<Record<string, string>> = {
    kubernetes: 'the cluster of builder "kubernetes" cannot be read: no kubeconfig was found',
    remote: 'the daemon of builder "remote" does not respond: no BuildKit daemon responds at tcp://farm.example:1234',
};

/** Writes the record of a builder that has the name of its driver. */
async function write(project: Project, driver: string, endpoint: string): Promise<void> {
    const node = {
        Name: `${driver}0`,
        Endpoint: endpoint,
        Platforms: null,
        DriverOpts: null,
        Flags: null,
        Files: null,
    };
    const record = { Name: driver, Driver: driver, Nodes: [node], Dynamic: false };
    await writeFile(join(project.store, "instances", driver), JSON.stringify(record));
}

/** Returns the errors of `getBuilder` for names for which it fails, from a program without Pulumi. */
async function errorsOfGetBuilder(project: Project, names: readonly string[]): Promise<string[]> {
    const program = `const { getBuilder } = require("pulumi-buildx");
        const errorOf = (name) => getBuilder({ name }).then(() => "it did not fail", ({ message }) => message);
        Promise.all(${JSON.stringify(names)}.map(errorOf)).then((all) => console.log(JSON.stringify(all)));`;
    return JSON.parse(await must("node", ["-e", program], { cwd: project.folder, env: project.env })) as string[];
}
