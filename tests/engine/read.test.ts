import { strict as assert } from "node:assert";
import { docker } from "../support/docker";
import { withProject } from "../support/project";

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
                new RegExp(`there is no builder "${project.unique}" in .*there are ${project.unique}-one`),
            );
            await project.program(`exports.it = buildx.BuildxBuilder.get("other", unique).name;`);
            assert.match(await project.failing("preview"), new RegExp(`there is no builder "${project.unique}" in `));
            await project.program(`exports.it = buildx.getBuilder({ name: "4 you" });`);
            assert.match(
                await project.failing("preview"),
                /"4 you" is not a builder name: it has to start with a letter/,
            );
        }),
    );
});
