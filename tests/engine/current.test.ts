import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isolateDockerConfig, createContext, changeDockerConfig } from "../support/dockerConfig";
import { type Project, withProject } from "../support/project";

const builder = (use: boolean) =>
    `new buildx.BuildxBuilder("b", { name: unique, endpoint: "unix:///var/run/docker.sock", use: ${use} });`;

/** The builder that buildx takes where none is named. */
async function current(project: Project): Promise<string> {
    const [, name = ""] = /^Name: +(\S+)/m.exec(await project.buildx("inspect")) ?? [];
    return name;
}

describe("a builder with use", () => {
    it(
        "is made the current one again after someone chose another, and on another machine, as every preview says",
        withProject(async (project) => {
            const { unique } = project;
            await project.program(builder(true));
            await project.up();
            assert.equal(await current(project), unique);
            await project.preview("--expect-no-changes");

            const other = `${unique}-other`;
            await project.buildx("create", "--name", other, "--driver", "docker-container", "--use");
            const { output } = await project.preview();
            assert.match(output, /1 to update/);
            assert.match(output, /the builder is not the current builder any more/);
            await project.up();
            assert.equal(await current(project), unique);
            await project.buildx("use", "default");
            await project.failing("preview", "--expect-no-changes");
            await project.up();
            assert.equal(await current(project), unique);
            await project.buildx("use", "--default", unique);
            await project.preview("--expect-no-changes");
            await project.buildx("use", "--global", unique);
            await project.preview("--expect-no-changes");

            const store = project.env.BUILDX_CONFIG;
            project.env.BUILDX_CONFIG = join(project.folder, "other-machine");
            await project.up();
            assert.equal(await current(project), unique);
            project.env.BUILDX_CONFIG = store;

            // A choice of someone else's is not taken back.
            await project.buildx("use", other);
            await project.program(builder(false));
            await project.up();
            assert.equal(await current(project), other);
            await project.program(builder(true));
            await project.up();
            await project.program(builder(false));
            await project.up();
            assert.equal(await current(project), "default");
            await project.preview("--expect-no-changes");
            await project.destroy();
        }),
    );

    it(
        "is chosen for what the docker CLI takes for its endpoint",
        withProject(async (project) => {
            await isolateDockerConfig(project);
            await createContext(project, "farm", "unix:///var/run/docker.sock");
            const { unique } = project;
            const key = async () => JSON.parse(await readFile(join(project.store, "current"), "utf8")).Key as string;
            await project.program(builder(true));
            await project.up();
            assert.equal(await key(), "unix:///var/run/docker.sock");
            await changeDockerConfig(project.env.DOCKER_CONFIG as string, { currentContext: "farm" });
            assert.equal(await current(project), "farm");
            await project.up();
            assert.deepEqual([await key(), await current(project)], ["farm", unique]);
            await changeDockerConfig(project.env.DOCKER_CONFIG as string, { currentContext: "default" });
            assert.equal(await current(project), "default");
            await project.up();
            assert.equal(await current(project), unique);
            // As buildx itself writes it.
            const ours = await readFile(join(project.store, "current"), "utf8");
            await writeFile(join(project.store, "current"), "{}");
            await project.buildx("use", unique);
            assert.deepEqual(JSON.parse(ours), JSON.parse(await readFile(join(project.store, "current"), "utf8")));
            await project.destroy();
        }),
    );
});
