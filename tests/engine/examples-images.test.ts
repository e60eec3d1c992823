import { strict as assert } from "node:assert";
import { rm } from "node:fs/promises";
import { docker, leftovers } from "../support/docker";
import { isolateDockerConfig } from "../support/dockerConfig";
import { second } from "../support/engines";
import { example } from "../support/example";
import { Project, withProject } from "../support/project";
import { run } from "../support/run";

const imageExists = async (tag: string, env?: NodeJS.ProcessEnv): Promise<boolean> =>
    (await run("docker", ["image", "inspect", tag], { env })).code === 0;

/** Runs a test and removes the image of the example afterwards. */
const withImage = (test: (project: Project, tag: string) => Promise<void>) =>
    withProject(async (project) => {
        const tag = `${project.unique}-app:latest`;
        try {
            await test(project, tag);
        } finally {
            await run("docker", ["rmi", "--force", tag], { env: project.env });
        }
    });

describe("the image of the example", () => {
    it(
        "quickstart is built, the second update changes nothing, and destroy leaves nothing",
        withImage(async (project, tag) => {
            await example(project, "quickstart");
            const { output } = await project.up();
            assert.doesNotMatch(output, /Diagnostics:/); // an update without problems leaves no message behind
            const { name, imageDigest } = await project.outputs<Record<string, string>>();
            assert.equal(name, project.unique);
            assert.match(imageDigest ?? "", /^sha256:/);
            assert.ok(await imageExists(tag));
            for (const { type, sourcePosition } of await project.state()) assert.ok(sourcePosition, type);
            await project.preview("--expect-no-changes");
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique), []);
        }),
    );

    it(
        "docker-build is built",
        withImage(async (project, tag) => {
            await example(project, "docker-build");
            await project.up();
            assert.match((await project.outputs<{ ref: string }>()).ref, /@sha256:/);
            assert.ok(await imageExists(tag));
        }),
    );

    it(
        "shared-builder-images is built with the builder of the stack shared-builder",
        withProject(async (builders) => {
            await example(builders, "shared-builder");
            await builders.up();
            const images = await Project.make({ store: builders.store, backend: builders.backend });
            const tag = `${images.unique}-app:latest`;
            try {
                await example(images, "shared-builder-images");
                await images.config("builderStack", `organization/${builders.unique}/test`);
                await images.up();
                assert.match((await images.outputs<{ digest: string }>()).digest, /^sha256:/);
                assert.ok(await imageExists(tag));
                await images.destroy();
                await builders.preview("--expect-no-changes");
            } finally {
                await run("docker", ["rmi", "--force", tag]);
                await images.remove();
            }
        }),
    );

    it(
        "ci-github-actions is built on a new runner, which has the stack and nothing else",
        withImage(async (project, tag) => {
            await example(project, "ci-github-actions");
            await project.up();
            for (const name of await leftovers(project.unique)) {
                await run("docker", ["rm", "--force", name]);
                await run("docker", ["volume", "rm", name]);
            }
            await docker(["rmi", "--force", tag]);
            await rm(project.store, { recursive: true });
            await project.up("--refresh");
            assert.equal((await project.outputs<{ name: string }>()).name, project.unique);
            assert.deepEqual(await project.records(), [project.unique]);
            await project.preview("--expect-no-changes");
        }),
    );

    it(
        "ci-gitlab-dind is built by an engine whose certificates are in the environment",
        withImage(async (project, tag) => {
            await isolateDockerConfig(project);
            const { folder } = second.certificates("client");
            const variables = { DOCKER_HOST: second.tcp, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: folder };
            Object.assign(project.env, variables);
            await example(project, "ci-gitlab-dind");
            await project.up();
            assert.ok(await imageExists(tag, project.env));
            await project.destroy();
            assert.deepEqual(await leftovers(project.unique, second.host), []);
        }),
    );
});
