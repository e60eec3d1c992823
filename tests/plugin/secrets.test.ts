import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { makeAuthority } from "../support/certificates";
import { inspectContainer } from "../support/docker";
import { withYamlProject } from "../support/languages";
import { builder, resources, secretValue, state } from "../support/program";

describe("a secret in a program of the plugin", () => {
    it(
        "appears in no output, difference, log or state",
        withYamlProject(async (project) => {
            const hush = `hush-${project.unique}-hush`;
            const { cert, key } = await makeAuthority(project.folder, "someone");
            const pem = await readFile(key, "utf8");
            const hidden = [hush, pem.split("\n")[1] ?? ""];
            const program = (value: string, more: object = {}) =>
                resources(
                    {
                        cache: state({ builderName: project.unique }),
                        builder: builder({
                            state: "${cache}",
                            driverOpts: { env: { TOKEN: secretValue(value) } },
                            // not marked by the program
                            buildkitdConfig: {
                                registry: { "r.example": { keypair: [{ key: pem, cert }] } },
                            },
                            ...more,
                        }),
                    },
                    { name: "${builder.name}", nodes: "${builder.nodes}", status: "${builder.status}" },
                );
            const seen: string[] = [];
            const watch = async (command: string, ...args: string[]) => {
                const { code, output } = await project.try(command, ...args);
                seen.push(output);
                return code;
            };
            await project.program(program(hush));
            assert.equal(await watch("preview", "--diff"), 0, seen.at(-1));
            assert.equal(await watch("up", "--diff", "--debug"), 0, seen.at(-1));
            const container = `buildx_buildkit_${project.unique}0`;
            assert.ok((await inspectContainer(container))?.Config.Env.includes(`TOKEN=${hush}`));
            assert.equal(await watch("refresh", "--diff", "--debug"), 0);
            await project.program(program(`${hush}-2`));
            assert.equal(await watch("preview", "--diff"), 0);
            assert.equal(await watch("up", "--diff", "--logtostderr", "-v=9"), 0);
            await project.program(program(`${hush}-2`, { buildkitdFlags: ["--no-such-flag"] }));
            assert.notEqual(await watch("up", "--diff"), 0);
            await project.program(program(`${hush}-2`, { pull: "nonsense" }));
            assert.notEqual(await watch("preview"), 0);
            await watch("stack", "export");
            await watch("stack", "output", "--json");
            for (const text of seen) for (const each of hidden) assert.ok(!text.includes(each), text);
            assert.ok(seen.some((text) => text.includes("BuildKit did not boot")));
        }),
    );
});
