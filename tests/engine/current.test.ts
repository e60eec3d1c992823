import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isolateDockerConfig, createContext, changeDockerConfig } from "../support/dockerConfig";
import { builder, resources } from "../support/program";
import type { Project } from "../support/project";
import { type Stack, withStack } from "../support/stack";

const program = (stack: Stack, use: boolean) =>
    stack.program(resources({ b: builder({ name: stack.unique, endpoint: "unix:///var/run/docker.sock", use }) }));

/** Returns the builder that buildx uses if no builder is named. */
async function current(project: Project): Promise<string> {
    const [, name = ""] = /^Name: +(\S+)/m.exec(await project.buildx("inspect")) ?? [];
    return name;
}

describe("a builder with use", () => {
    it(
        "becomes the current builder again after someone chose another, and on another machine, as each preview says",
        withStack(async (stack) => {
            const { unique } = stack;
            await program(stack, true);
            await stack.up();
            assert.equal(await current(stack), unique);
            await stack.preview("--expect-no-changes");

            const other = `${unique}-other`;
            await stack.buildx("create", "--name", other, "--driver", "docker-container", "--use");
            const { output } = await stack.preview();
            assert.deepEqual(stack.steps, { b: "update" });
            assert.match(output, /the builder is not the current builder any more/);
            await stack.up();
            assert.equal(await current(stack), unique);
            await stack.buildx("use", "default");
            await stack.failing("preview", "--expect-no-changes");
            await stack.up();
            assert.equal(await current(stack), unique);
            await stack.buildx("use", "--default", unique);
            await stack.preview("--expect-no-changes");
            await stack.buildx("use", "--global", unique);
            await stack.preview("--expect-no-changes");

            const store = stack.env.BUILDX_CONFIG;
            stack.env.BUILDX_CONFIG = join(stack.folder, "other-machine");
            await stack.up();
            assert.equal(await current(stack), unique);
            stack.env.BUILDX_CONFIG = store;

            // The choice of someone else stays.
            await stack.buildx("use", other);
            await program(stack, false);
            await stack.up();
            assert.equal(await current(stack), other);
            await program(stack, true);
            await stack.up();
            await program(stack, false);
            await stack.up();
            assert.equal(await current(stack), "default");
            await stack.preview("--expect-no-changes");
            await stack.destroy();
        }),
    );

    it(
        "is the current builder for the endpoint that the docker CLI uses",
        withStack(async (stack) => {
            await isolateDockerConfig(stack);
            await createContext(stack, "farm", "unix:///var/run/docker.sock");
            const { unique } = stack;
            const key = async () => JSON.parse(await readFile(join(stack.store, "current"), "utf8")).Key as string;
            await program(stack, true);
            await stack.up();
            assert.equal(await key(), "unix:///var/run/docker.sock");
            await changeDockerConfig(stack.env.DOCKER_CONFIG as string, { currentContext: "farm" });
            assert.equal(await current(stack), "farm");
            await stack.up();
            assert.deepEqual([await key(), await current(stack)], ["farm", unique]);
            await changeDockerConfig(stack.env.DOCKER_CONFIG as string, { currentContext: "default" });
            assert.equal(await current(stack), "default");
            await stack.up();
            assert.equal(await current(stack), unique);
            // The file is as buildx itself writes it.
            const ours = await readFile(join(stack.store, "current"), "utf8");
            await writeFile(join(stack.store, "current"), "{}");
            await stack.buildx("use", unique);
            assert.deepEqual(JSON.parse(ours), JSON.parse(await readFile(join(stack.store, "current"), "utf8")));
            await stack.destroy();
        }),
    );
});
