import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerInspectInfo } from "dockerode";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { second as secondEngine } from "../support/engines";
import { context } from "../support/image";
import { withProject } from "../support/project";
import { startProxy } from "../support/proxy";
import { must } from "../support/run";

const first = "unix:///var/run/docker.sock";
const second = secondEngine.host;

interface Made {
    name: string;
    platforms: string[];
    nodes: { name: string; containerName: string; dockerEndpoint: string; platforms: string[]; status: string }[];
}

const program = (nodes: string, more = "") => `
    const builder = new buildx.BuildxBuilder("b", { name: unique, ${more} nodes: [${nodes}] });
    exports.name = builder.name;
    exports.platforms = builder.platforms;
    exports.nodes = builder.nodes;
`;

const onFirst = `{ endpoint: "${first}", platforms: ["linux/amd64"] }`;
const onSecond = (more = "") =>
    `{ endpoint: "${second}", platforms: ["linux/arm64"], driverOpts: { env: { TWO: "2" }, ${more} } }`;

/** When and as what a container was last made and started. */
const life = ({ Id, State, Created }: ContainerInspectInfo) => ({ Id, Created, StartedAt: State.StartedAt });

/** The platforms of the builds that a node has done. */
async function builtOn(container: string, host?: string): Promise<string[]> {
    const args = ["exec", container, "buildctl", "debug", "histories", "--format", "{{json .}}"];
    const lines = (await docker(host === undefined ? args : ["--host", host, ...args])).trim().split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line).record.FrontendAttrs?.platform as string);
}

describe("a builder of two nodes", () => {
    it(
        "is what docker buildx create --append makes, and each build runs on the node of its platform",
        withProject(async (project) => {
            const { unique } = project;
            const [one, two] = [`buildx_buildkit_${unique}0`, `buildx_buildkit_${unique}1`];
            await project.program(
                program(`${onFirst}, ${onSecond('memory: "1g"')}`, 'driverOpts: { env: { ONE: "1" } },'),
            );
            await project.up();
            const made = await project.outputs<Made>();
            assert.deepEqual(
                made.nodes.map(({ name, containerName, dockerEndpoint, status }) => [
                    name,
                    containerName,
                    dockerEndpoint,
                    status,
                ]),
                [
                    [`${unique}0`, one, first, "running"],
                    [`${unique}1`, two, second, "running"],
                ],
            );
            assert.ok(made.platforms.includes("linux/amd64"));
            assert.equal(new Set(made.platforms).size, made.platforms.length);
            assert.deepEqual((await inspectContainer(two, second))?.Config.Env?.slice(0, 2), ["ONE=1", "TWO=2"]);
            assert.equal((await inspectContainer(one))?.HostConfig.Memory, 0);
            assert.equal((await inspectContainer(two, second))?.HostConfig.Memory, 1024 ** 3);
            await project.preview("--expect-no-changes");
            await project.refresh("--expect-no-changes");

            // The same by buildx, into a store of its own.
            const store = join(project.folder, "other");
            const create = [
                "buildx",
                "create",
                "--driver",
                "docker-container",
                "--name",
                unique,
                "--driver-opt",
                "env.ONE=1",
            ];
            const env = { BUILDX_CONFIG: store };
            await docker([...create, "--platform", "linux/amd64", first], { env });
            const append = ["--append", "--driver-opt", "memory=1g", "--driver-opt", "env.TWO=2"];
            await docker([...create, ...append, "--platform", "linux/arm64", second], { env });
            assert.deepEqual(
                await project.record(unique),
                JSON.parse(await readFile(join(store, "instances", unique), "utf8")),
            );

            const folder = await context(project, "FROM scratch\nCOPY busybox /bin/sh\n");
            const built = ["--platform", "linux/amd64,linux/arm64", "--output", "type=cacheonly", folder];
            await project.buildx("build", "--builder", unique, "--provenance=false", ...built);
            assert.deepEqual(await builtOn(one), ["linux/amd64"]);
            assert.deepEqual(await builtOn(two, second), ["linux/arm64"]);

            await project.destroy();
            assert.deepEqual(await project.records(), []);
            assert.deepEqual([...(await leftovers(unique)), ...(await leftovers(unique, second))], []);
        }),
    );

    it(
        "touches only the node that is added, changed or removed",
        withProject(async (project) => {
            const { unique } = project;
            const [one, two] = [`buildx_buildkit_${unique}0`, `buildx_buildkit_${unique}1`];
            const lives = async () => {
                const found = await Promise.all([inspectContainer(one), inspectContainer(two, second)]);
                return found.map((each) => each && life(each));
            };
            const states = `
                const far = new buildx.BuildKitState("far", { builderName: unique, node: unique + "1", endpoint: "${second}" });
            `;
            const far = (more = "") => `{ state: far, ${more} }`;
            await project.program(states + program(onFirst));
            await project.up();
            const [before] = await lives();
            assert.equal((await lives())[1], undefined);

            await project.program(states + program(`${onFirst}, ${far()}`));
            await project.up();
            const [, added] = await lives();
            assert.deepEqual(await lives(), [before, added]);
            assert.ok(added);
            assert.equal((await project.outputs<Made>()).nodes[1]?.dockerEndpoint, second);

            // A limit in place, then a variable, which takes a container made anew.
            await project.program(states + program(`${onFirst}, ${far('driverOpts: { memory: "512m" }')}`));
            await project.up();
            assert.deepEqual(await lives(), [before, added]);
            assert.equal((await inspectContainer(two, second))?.HostConfig.Memory, 512 * 1024 ** 2);
            await project.program(states + program(`${onFirst}, ${far('driverOpts: { env: { A: "1" } }')}`));
            assert.match((await project.preview("--diff")).output, /A/);
            await project.up();
            const [same, changed] = await lives();
            assert.deepEqual(same, before);
            assert.notEqual(changed?.Id, added?.Id);

            // What was done to one node by hand is mended there alone.
            await docker(["--host", second, "rm", "--force", two]);
            await project.refresh();
            const seen = (await project.state()).find(({ type }) => type.endsWith(":BuildxBuilder"));
            assert.equal((seen?.outputs as unknown as Made).nodes[1]?.status, "inactive");
            assert.match(await project.failing("preview", "--expect-no-changes"), /1 to update/);
            await project.up();
            assert.deepEqual((await lives())[0], before);
            assert.ok((await lives())[1]);

            // The first one goes, the second keeps its name and its state.
            const [, kept] = await lives();
            await project.program(states + program(far('driverOpts: { env: { A: "1" } }')));
            await project.up();
            assert.deepEqual(await lives(), [undefined, kept]);
            assert.deepEqual(await leftovers(unique), []);
            assert.deepEqual(
                (await project.outputs<Made>()).nodes.map(({ name }) => name),
                [`${unique}1`],
            );
            await project.preview("--expect-no-changes");
        }),
    );

    it(
        "boots its nodes at once",
        withProject(async (project) => {
            // Each engine keeps the call that starts its container waiting until the other has got one, too.
            const started: string[] = [];
            let bothStarted = () => {};
            const both = new Promise<void>((resolve) => (bothStarted = resolve));
            const proxies = await Promise.all([
                startProxy(project.folder, "one"),
                startProxy(project.folder, "two", second),
            ]);
            for (const proxy of proxies) {
                proxy.decide = async (call) => {
                    if (/^POST .*\/start$/.test(call) && !call.includes("/exec/")) {
                        started.push(proxy.host);
                        if (started.length === 2) bothStarted();
                        await both;
                    }
                    return "pass" as const;
                };
            }
            try {
                await project.program(program(proxies.map(({ host }) => `{ endpoint: "${host}" }`).join(", ")));
                await project.up();
                assert.deepEqual([...started].sort(), proxies.map(({ host }) => host).sort());
                await project.destroy();
            } finally {
                await Promise.all(proxies.map((proxy) => proxy.stop()));
            }
        }),
    );

    it(
        "is made but for the node whose engine is down, which the next up completes",
        withProject(async (project) => {
            const { unique } = project;
            const [one, two] = [`buildx_buildkit_${unique}0`, `buildx_buildkit_${unique}1`];
            const path = join(project.folder, "second.sock");
            const nodes = `{ endpoint: "${first}" }, { endpoint: "unix://${path}" }`;
            await project.program(program(nodes));
            const said = await project.failing("up");
            assert.match(said, new RegExp(`node ${unique}1: .*second\\.sock`));
            assert.doesNotMatch(said, new RegExp(`node ${unique}0`));
            const before = await inspectContainer(one);
            assert.equal(before?.State.Running, true);
            assert.deepEqual(
                ((await project.record(unique)).Nodes as { Name: string }[]).map(({ Name }) => Name),
                [`${unique}0`],
            );
            assert.equal((await project.state())[0]?.initErrors?.length, 1);
            // What is there builds.
            const folder = await context(project);
            await must("docker", ["buildx", "build", "--builder", unique, "--output", "type=cacheonly", folder], {
                env: project.env,
            });

            const proxy = await startProxy(project.folder, "second", second);
            try {
                await project.up();
                assert.deepEqual(life((await inspectContainer(one)) as ContainerInspectInfo), life(before));
                assert.equal((await inspectContainer(two, second))?.State.Running, true);
                assert.equal(((await project.record(unique)).Nodes as object[]).length, 2);
                assert.equal((await project.state())[0]?.initErrors, undefined);
                await project.preview("--expect-no-changes");
            } finally {
                await proxy.stop();
            }

            // It went away: what can be done is done, and what cannot names the node.
            await project.program(
                program(`{ endpoint: "${first}", driverOpts: { memory: "1g" } }, { endpoint: "unix://${path}" }`),
            );
            assert.match(await project.failing("up"), new RegExp(`node ${unique}1: .*second\\.sock`));
            assert.equal((await inspectContainer(one))?.HostConfig.Memory, 1024 ** 3);
            assert.equal(((await project.record(unique)).Nodes as object[]).length, 2);
            // One node that is gone does not keep the others from being refreshed.
            assert.match(
                (await project.refresh()).output,
                new RegExp(`node ${unique}1 is shown as inactive: .*second\\.sock`),
            );
            assert.match(await project.failing("destroy"), /second\.sock/);
            await project.config("buildx:deleteUnreachable", "true");
            await project.destroy();
            assert.deepEqual(await project.records(), []);
            assert.deepEqual(await leftovers(unique), []);
            assert.notDeepEqual(await leftovers(unique, second), []);
        }),
    );
});
