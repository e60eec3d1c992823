import { strict as assert } from "node:assert";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { second } from "../support/engines";
import { type Project, withProject } from "../support/project";
import { startProxy } from "../support/proxy";

const first = "unix:///var/run/docker.sock";
const containerOf = (builder: string) => `buildx_buildkit_${builder}0`;

/** A configuration of docker's own, with contexts. */
async function withContexts(project: Project, contexts: Record<string, string>): Promise<void> {
    project.env.DOCKER_CONFIG = join(project.folder, "docker");
    await mkdir(project.env.DOCKER_CONFIG);
    await writeFile(join(project.env.DOCKER_CONFIG, "config.json"), "{}");
    for (const [name, host] of Object.entries(contexts)) {
        await docker(["context", "create", name, "--docker", `host=${host}`], { env: project.env });
    }
}

const use = (project: Project, context: string) => docker(["context", "use", context], { env: project.env });

describe("a stack without an endpoint, once docker uses another engine", () => {
    it(
        "is not brought about there as well, stays as it is, and is removed where it is",
        withProject(async (project) => {
            const { unique } = project;
            await withContexts(project, { one: first, two: second.host, alias: "unix:///run/docker.sock" });
            await use(project, "one");
            const program = (endpoint: string) => `
                const state = new buildx.BuildKitState("cache", { builderName: unique + "s", ${endpoint} });
                new buildx.BuildxBuilder("on state", { state });
                new buildx.BuildxBuilder("b", { name: unique, ${endpoint} });`;
            await project.program(program(""));
            await project.up();
            const made = (await inspectContainer(containerOf(unique)))?.Id;

            await use(project, "two");
            for (const command of ["preview", "up"]) {
                const { code, output: said } = await project.try(command);
                assert.equal(code === 0, command === "preview");
                assert.match(said, /is on one, but without the argument endpoint the docker CLI now uses two/);
                assert.match(said, /Set endpoint: "one" to keep it there, or endpoint: "two" to replace it/);
            }
            assert.deepEqual(await leftovers(unique, second.host), []);
            await project.refresh();
            const builder = (await project.state()).find(({ urn }) => urn.endsWith("::b"));
            assert.deepEqual([builder?.outputs.status, builder?.outputs.dockerEndpoint], ["running", "one"]);

            // The same engine by another name is no other engine.
            await use(project, "alias");
            await project.up();
            assert.equal((await inspectContainer(containerOf(unique)))?.Id, made);
            await project.preview("--expect-no-changes");

            // An endpoint says where it is to be.
            await use(project, "two");
            await project.program(program('endpoint: "alias"'));
            await project.up();
            await project.program(program(""));
            assert.match((await project.preview()).output, /is on alias, but without the argument endpoint/);

            await project.destroy();
            assert.deepEqual(await leftovers(unique), []);
            assert.deepEqual(await project.records(), []);
        }),
    );
});

describe("an engine that is gone for good", () => {
    it(
        "because its docker context was removed is let go of by deleteUnreachable",
        withProject(async (project) => {
            const { unique } = project;
            await withContexts(project, { gone: second.host });
            await project.program(`
                const state = new buildx.BuildKitState("cache", { builderName: unique + "s", endpoint: "gone" });
                new buildx.BuildxBuilder("on state", { state });
                new buildx.BuildxBuilder("b", { name: unique, endpoint: "gone" });`);
            await project.up();
            await docker(["context", "rm", "gone"], { env: project.env });

            const said =
                /"gone" .* is neither a host URL .* nor a docker context.*pulumi config set buildx:deleteUnreachable true/s;
            assert.match(await project.failing("destroy"), said);
            await project.config("buildx:deleteUnreachable", "true");
            const { output } = await project.destroy();
            assert.match(output, new RegExp(`container ${containerOf(unique)} .* may be left there`));
            assert.deepEqual(await project.state(), []);
            assert.deepEqual(await project.records(), []);
        }),
    );

    it(
        "is taken out of the state by a refresh with deleteUnreachable",
        withProject(async (project) => {
            const proxy = await startProxy(project.folder, undefined, second.host);
            await project.program(`
                const state = new buildx.BuildKitState("cache", { builderName: unique, endpoint: "${proxy.host}" });
                new buildx.BuildxBuilder("b", { state });`);
            await project.up();
            await proxy.stop();
            await project.config("buildx:deleteUnreachable", "true");
            const { output } = await project.refresh();
            assert.match(output, /The builder is removed from Pulumi's state/);
            assert.match(output, /Volume .* is removed from Pulumi's state/);
            assert.deepEqual(await project.state(), []);
        }),
    );
});

describe("a node whose engine is gone", () => {
    const nodes = (list: string) =>
        `exports.nodes = new buildx.BuildxBuilder("b", { name: unique, nodes: [${list}] }).nodes;`;
    const onFirst = `{ endpoint: "${first}" }`;
    const statuses = async (project: Project) =>
        ((await project.state())[0]?.outputs.nodes as { status: string }[]).map(({ status }) => status);

    it(
        "is shown as inactive by a refresh, and is dropped or moved once one lets go of it",
        withProject(async (project) => {
            const { unique, folder } = project;
            const proxy = await startProxy(folder, undefined, second.host);
            await project.program(nodes(`${onFirst}, { endpoint: "${proxy.host}" }`));
            await project.up();
            await proxy.stop();

            const { output } = await project.refresh();
            assert.match(output, new RegExp(`node ${unique}1 is shown as inactive: no Docker engine responds at`));
            assert.deepEqual(await statuses(project), ["running", "inactive"]);

            const moved = `${onFirst}, { endpoint: "${second.host}" }`;
            for (const list of [onFirst, moved]) {
                await project.program(nodes(list));
                const said = await project.failing("up");
                assert.match(
                    said,
                    new RegExp(`node ${unique}1: no Docker engine responds at.*deleteUnreachable true`, "s"),
                );
            }
            await project.config("buildx:deleteUnreachable", "true");
            await docker(["--host", second.host, "rm", "--force", `buildx_buildkit_${unique}1`]);
            const up = await project.up();
            assert.match(
                up.output,
                new RegExp(
                    `The node is removed from Pulumi's state, and container buildx_buildkit_${unique}1 and volume`,
                ),
            );
            assert.deepEqual(await statuses(project), ["running", "running"]);
            await project.preview("--expect-no-changes");
            await project.program(nodes(onFirst));
            await project.up();
            assert.deepEqual(await statuses(project), ["running"]);
            await project.destroy();
            assert.deepEqual(await project.records(), []);
            assert.deepEqual(await leftovers(unique), []);
        }),
    );

    it(
        "and was never reached is dropped and removed without a word",
        withProject(async (project) => {
            const { unique, folder } = project;
            const never = `{ endpoint: "unix://${join(folder, "never.sock")}" }`;
            await project.program(nodes(`${onFirst}, ${never}`));
            assert.match(await project.failing("up"), new RegExp(`node ${unique}1: `));
            await project.program(nodes(onFirst));
            await project.up();
            await project.preview("--expect-no-changes");
            await project.program(nodes(`${onFirst}, ${never}`));
            await project.failing("up");
            await project.destroy();
            assert.deepEqual(await project.state(), []);
            assert.deepEqual(await leftovers(unique), []);
        }),
    );

    it(
        "by one address, and is there by another, is the same node",
        withProject(async (project) => {
            const { unique, folder } = project;
            const proxy = await startProxy(folder, undefined, second.host);
            try {
                const two = (endpoint: string, memory: string) =>
                    nodes(`${onFirst}, { endpoint: "${endpoint}", driverOpts: { memory: "${memory}" } }`);
                await project.program(two(proxy.host, "512m"));
                await project.up();
                const before = await inspectContainer(`buildx_buildkit_${unique}1`, second.host);
                await project.program(two(second.host, "1g"));
                await project.up();
                const after = await inspectContainer(`buildx_buildkit_${unique}1`, second.host);
                assert.deepEqual([after?.Id, after?.HostConfig.Memory], [before?.Id, 1024 ** 3]);
                await project.preview("--expect-no-changes");
            } finally {
                await proxy.stop();
            }
        }),
    );
});
