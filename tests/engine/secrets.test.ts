import { strict as assert } from "node:assert";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeAuthority } from "../support/certificates";
import { inspectContainer } from "../support/docker";
import { second } from "../support/engines";
import { withProject } from "../support/project";

describe("a secret", () => {
    it(
        "is in no output, diff, log or state, and on disk only in files that only their owner can read",
        withProject(async (project) => {
            const hush = `hush-${project.unique}-hush`;
            const program = (value: string, more = "") => `
                const state = new buildx.BuildKitState("cache", { builderName: unique });
                const builder = new buildx.BuildxBuilder("b", {
                    state,
                    driverOpts: { env: { TOKEN: pulumi.secret("${value}"), HTTP_PROXY: pulumi.interpolate\`http://me:\${pulumi.secret("${value}")}@proxy\` } },
                    ${more}
                });
                exports.builder = { name: builder.name, nodes: builder.nodes, status: builder.status };`;
            const seen: string[] = [];
            const watch = async (command: string, ...args: string[]) => {
                const { output } = await project.try(command, ...args);
                // Pulumi's own debug log contains the response of the engine for each resource, with its secrets.
                seen.push(output.replace(/^debug: RegisterResource RPC finished.*$/gm, ""));
            };
            await project.program(program(hush));
            await watch("up", "--diff", "--debug");
            const container = `buildx_buildkit_${project.unique}0`;
            assert.ok((await inspectContainer(container))?.Config.Env.includes(`TOKEN=${hush}`));
            await watch("refresh", "--diff", "--debug");
            await project.program(program(`${hush}-2`));
            await watch("preview", "--diff", "--debug");
            await watch("up", "--diff");
            await project.program(program(`${hush}-2`, 'buildkitdFlags: ["--no-such-flag"], '));
            await watch("up", "--diff");
            await project.program(program(`${hush}-2`, 'pull: "nonsense"'));
            await watch("preview");
            seen.push(JSON.stringify([await project.state(), await project.outputs()]));
            for (const text of seen) assert.ok(!text.includes(hush), text);
            assert.ok(seen.some((text) => text.includes("BuildKit did not boot")));

            const record = join(project.store, "instances", project.unique);
            assert.ok((await readFile(record, "utf8")).includes(hush)); // buildx saves the value there, too
            assert.equal((await stat(record)).mode & 0o777, 0o600);
            assert.equal((await stat(join(project.store, "instances"))).mode & 0o777, 0o700);
            for (const file of await readdir(project.store, { recursive: true, withFileTypes: true })) {
                if (file.isFile())
                    assert.equal((await stat(join(file.parentPath, file.name))).mode & 0o777, 0o600, file.name);
            }
        }),
    );

    it(
        "is the text of a private key, in buildkitd's configuration in any form and in tls",
        withProject(async (project) => {
            const { cert, key } = await makeAuthority(project.folder, "someone");
            const pem = await readFile(key, "utf8");
            const tls = await second.certificates("client").pem();
            const secrets = [pem, tls.key].map((text) => text.split("\n")[1] ?? "");
            const program = (level: string, more = "") => `
                const { readFileSync } = require("node:fs");
                const [cert, key] = ["${cert}", readFileSync("${key}", "utf8")];
                const config = (keypair) => ({ log: { level: "${level}" }, registry: { "r.example": { keypair } } });
                const text = "log.level = '${level}'\\n[[registry.'r.example'.keypair]]\\ncert = '" + cert + "'\\nkey = " + JSON.stringify(key);
                new buildx.BuildxBuilder("plain", { name: unique, buildkitdConfig: config([{ key, cert }]) });
                new buildx.BuildxBuilder("later", { name: unique + "-later", buildkitdConfig: pulumi.output(config({ key, cert })) });
                new buildx.BuildxBuilder("nodes", {
                    name: unique + "-nodes",
                    nodes: [{ endpoint: "unix:///var/run/docker.sock", buildkitdConfig: text }],
                });
                new buildx.BuildKitState("tls", {
                    builderName: unique + "-tls",
                    endpoint: "${second.tcp}",
                    tls: ${JSON.stringify(tls)},
                });
                ${more}`;
            const seen: string[] = [];
            const watch = async (command: string, ...args: string[]) => {
                const { code, output } = await project.try(command, ...args);
                seen.push(output);
                return code;
            };
            await project.program(program("info"));
            assert.equal(await watch("up", "--diff"), 0, seen.at(-1));
            for (const name of ["", "-later", "-nodes"]) {
                const { Nodes } = await project.record(`${project.unique}${name}`);
                const [{ Files }] = Nodes as [{ Files: Record<string, string> }];
                assert.equal(Buffer.from(Files["certs/r.example/key.pem"] ?? "", "base64").toString(), pem);
            }
            await project.program(program("warn"));
            assert.equal(await watch("up", "--diff"), 0, seen.at(-1));
            assert.equal(await watch("refresh", "--diff"), 0);
            const misplaced = 'new buildx.BuildxBuilder("wrong", { buildkitdConfig: config([key]) });';
            await project.program(program("warn", misplaced));
            assert.notEqual(await watch("preview", "--diff"), 0);
            for (const text of [...seen, JSON.stringify(await project.state())]) {
                for (const secret of secrets) assert.ok(!text.includes(secret), text);
            }
            assert.ok(seen.some((text) => text.includes("this text is not a valid value: must be a table")));
        }),
    );
});
