import { strict as assert } from "node:assert";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { builder, resources } from "../support/program";
import { withProject } from "../support/project";
import { withStack } from "../support/stack";
import { containerOf } from "../support/state";

/** The engine's events of containers with `part` in their name since a time, in their order, for example `create NAME`. */
async function events(part: string, since: string): Promise<string[]> {
    const until = new Date().toISOString();
    const filters = ["create", "destroy"].flatMap((event) => ["--filter", `event=${event}`]);
    const format = "{{.Action}} {{.Actor.Attributes.name}}";
    const lines = await docker(["events", "--since", since, "--until", until, ...filters, "--format", format]);
    return lines.split("\n").filter((line) => line.includes(part) && line.includes("buildx_buildkit"));
}

const engineArchitecture = async () => (await docker(["info", "--format", "{{.Architecture}}"])).trim();

describe("a replacement", () => {
    it(
        "removes the old builder first if the name is fixed, and creates the new builder first if it is automatic",
        withStack(async (stack) => {
            const { unique } = stack;
            const auto = `${unique}-auto`;
            const program = (name: string, endpoint: string) =>
                stack.program(
                    resources(
                        { fixed: builder({ name: `${unique}${name}`, endpoint }), [auto]: builder({ endpoint }) },
                        { name: `\${${auto}.name}` },
                    ),
                );
            const [one, other] = ["unix:///var/run/docker.sock", "unix:///run/docker.sock"];
            await program("-a", one);
            await stack.up();
            const { name: before } = await stack.outputs<{ name: string }>();

            let since = new Date().toISOString();
            await program("-a", other);
            await stack.up();
            assert.deepEqual(stack.steps, { fixed: "replace", [auto]: "replace" });
            const { name: after } = await stack.outputs<{ name: string }>();
            assert.notEqual(after, before);
            const fixed = containerOf(`${unique}-a`);
            const seen = await events(unique, since);
            assert.deepEqual(
                seen.filter((line) => line.endsWith(fixed)),
                [`destroy ${fixed}`, `create ${fixed}`],
            );
            assert.deepEqual(
                seen.filter((line) => line.includes("-auto-")),
                [`create ${containerOf(after)}`, `destroy ${containerOf(before)}`],
            );

            since = new Date().toISOString();
            await program("-b", other);
            await stack.up();
            assert.deepEqual(await events(unique, since), [`destroy ${fixed}`, `create ${containerOf(`${unique}-b`)}`]);
            await stack.preview("--expect-no-changes");
            assert.deepEqual((await stack.records()).sort(), [after, `${unique}-b`].sort());
        }),
    );
});

describe("a resource option", () => {
    it(
        "acts as on any resource: aliases, rename, ignoreChanges, replaceOnChanges, protect, retainOnDelete, target",
        withProject(async (project) => {
            const container = containerOf(project.unique);
            const builderOf = (name: string, args: string, options = "{}") =>
                `new buildx.BuildxBuilder("${name}", { name: unique, ${args} }, ${options});`;
            await project.program(builderOf("one", ""));
            await project.up();
            const { Id: created } = (await inspectContainer(container)) ?? assert.fail();
            const isSame = async () => assert.equal((await inspectContainer(container))?.Id, created);

            const urn = (name: string) => project.urn("BuildxBuilder", name);
            const changed = 'bootTimeout: 61, driverOpts: { env: { A: "1" } }, platforms: ["linux/arm64"]';
            const ignored = 'ignoreChanges: ["driverOpts", "platforms"], replaceOnChanges: ["driverOpts", "labels"]';
            await project.program(
                builderOf("two", changed, `{ aliases: [{ name: "one" }], protect: true, ${ignored} }`),
            );
            const { output } = await project.up("--target", urn("two"));
            assert.match(output, /BuildxBuilder two +updated/);
            await isSame();
            assert.match(await project.failing("destroy"), /protected/);

            await project.try("state", "rename", "--yes", urn("two"), "three");
            await project.program(builderOf("three", "bootTimeout: 61", "{ retainOnDelete: true }"));
            await project.up("--refresh", "--expect-no-changes");
            await isSame();
            await project.destroy();
            await isSame();
            assert.deepEqual([await project.records(), await project.state()], [[project.unique], []]);
        }),
    );

    it(
        "replaceOnChanges replaces each of the five resources, and no other default or output does",
        withProject(async (project) => {
            const { unique } = project;
            const program = (changed: string, options: string) =>
                project.program(`
                    const opts = (...replaceOnChanges) => ({ replaceOnChanges, ...${options} });
                    const state = new buildx.BuildKitState("state",
                        { builderName: unique.toUpperCase(), labels: { "a.b": "${changed}", c: "same" } },
                        opts('labels["a.b"]', "node", "builderName"));
                    const b = new buildx.BuildxBuilder("b", { name: unique + "-b", bootTimeout: 60,
                        nodes: [{ driverOpts: { env: { A: pulumi.secret("${changed}") } } }] },
                        opts("nodes[*].driverOpts.env", "platforms", "name"));
                    const prune = new buildx.BuildKitPrune("prune",
                        { builderName: b.name, triggers: ["${changed}"] }, opts("triggers", "reclaimed"));
                    new buildx.BuildKitStateArchive("archive",
                        { state, to: "a.tar.zst", triggers: ["${changed}"] }, opts("*"));
                    new buildx.QemuEmulation("qemu", { platforms: ["linux/${changed}"] }, opts("platforms", "image"));`);
            const machine = (await engineArchitecture()) === "aarch64" ? ["arm64", "arm"] : ["amd64", "386"];
            await program(machine[0] as string, "{}");
            await project.up();
            await project.up("--refresh", "--expect-no-changes");

            await program(machine[1] as string, "{}");
            const { output } = await project.up();
            const replaced = [...output.matchAll(/(\w+) created replacement /g)].map(([, name]) => name);
            assert.deepEqual([...new Set(replaced)].sort(), ["archive", "b", "prune", "qemu", "state"], output);
            await project.preview("--expect-no-changes");
            await project.destroy();
            assert.deepEqual(await leftovers(unique), []);
        }),
    );
});
