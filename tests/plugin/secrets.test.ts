import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { makeAuthority } from "../support/certificates";
import { inspectContainer } from "../support/docker";
import { withYamlProject } from "../support/languages";
import { builder, resources, secretValue, state } from "../support/program";
import type { Project } from "../support/project";
import { withStack } from "../support/stack";

/** A secret that the program marks, and a private key that the program does not mark. */
async function secretsOf(project: Project) {
    const token = `hush-${project.unique}-hush`;
    const { cert, key } = await makeAuthority(project.folder, "someone");
    const pem = await readFile(key, "utf8");
    const program = (value: string, more: object = {}) =>
        resources(
            {
                cache: state({ builderName: project.unique }),
                builder: builder({
                    state: "${cache}",
                    driverOpts: { env: { TOKEN: secretValue(value) } },
                    buildkitdConfig: { registry: { "r.example": { keypair: [{ key: pem, cert }] } } },
                    ...more,
                }),
            },
            { name: "${builder.name}", nodes: "${builder.nodes}", status: "${builder.status}" },
        );
    const assertAbsent = (text: string) => {
        for (const hidden of [token, pem.split("\n")[1] ?? ""]) assert.ok(!text.includes(hidden), text);
    };
    return { token, program, assertAbsent };
}

describe("a secret in a program of the plugin", () => {
    it(
        "appears in no message of the plugin, not even in the most detailed log",
        withStack(async (stack) => {
            const { token, program, assertAbsent } = await secretsOf(stack);
            const errors: string[] = [];
            const run = async (command: string) => {
                const { output } = await stack.try(command);
                errors.push(...output.split("\n").filter((line) => line.startsWith("error:")));
            };
            await stack.program(program(token));
            await run("preview");
            await run("up");
            const container = await inspectContainer(`buildx_buildkit_${stack.unique}0`);
            assert.ok(container?.Config.Env.includes(`TOKEN=${token}`));
            await run("refresh");
            await stack.program(program(`${token}-2`));
            await run("up");
            assert.deepEqual(errors, []);
            await stack.program(program(`${token}-2`, { buildkitdFlags: ["--no-such-flag"] }));
            await run("up");
            await stack.program(program(`${token}-2`, { pull: "nonsense" }));
            await run("preview");
            await run("destroy");
            assert.match(errors.join("\n"), /BuildKit did not boot[\s\S]*pull/);
            assertAbsent([...errors, ...stack.log.map(({ text }) => text)].join("\n"));
        }),
    );

    it(
        "appears in no difference, output or state of Pulumi",
        withYamlProject(async (project) => {
            const { token, program, assertAbsent } = await secretsOf(project);
            await project.program(program(token));
            assertAbsent((await project.up("--diff")).output);
            await project.program(program(`${token}-2`));
            assertAbsent((await project.preview("--diff")).output);
            assertAbsent(JSON.stringify([await project.state(), await project.outputs()]));
        }),
    );
});
