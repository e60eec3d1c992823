import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, leftovers } from "../support/docker";
import { context } from "../support/image";
import { containers, first, lives, second } from "../support/nodes";
import { builder, resources, state } from "../support/program";
import { withProject } from "../support/project";
import { startProxy } from "../support/proxy";
import { type Stack, withStack } from "../support/stack";

interface Outputs {
    readonly platforms: readonly string[];
    readonly nodes: readonly Record<"name" | "containerName" | "dockerEndpoint" | "status", string>[];
}

/** Returns a program with a builder of these nodes. */
const program = ({ unique }: Stack, nodes: readonly object[], args: object = {}, others = {}) =>
    resources(
        { ...others, b: builder({ name: unique, ...args, nodes }) },
        { platforms: "${b.platforms}", nodes: "${b.nodes}" },
    );

const onFirst = { endpoint: first, platforms: ["linux/amd64"] };

/** Returns the platforms of the builds that a node has done. */
async function builtOn(container: string, host?: string): Promise<string[]> {
    const args = ["exec", container, "buildctl", "debug", "histories", "--format", "{{json .}}"];
    const lines = (await docker(host === undefined ? args : ["--host", host, ...args])).trim().split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line).record.FrontendAttrs?.platform as string);
}

/** Creates a builder of two nodes with docker buildx, in another store, and returns its record. */
async function recordOfBuildx({ folder, unique }: Stack): Promise<unknown> {
    const store = join(folder, "other");
    const named = ["buildx", "create", "--driver", "docker-container", "--name", unique];
    const create = [...named, "--driver-opt", "env.ONE=1"];
    const env = { BUILDX_CONFIG: store };
    await docker([...create, "--platform", "linux/amd64", first], { env });
    const append = ["--append", "--driver-opt", "memory=1g", "--driver-opt", "env.TWO=2"];
    await docker([...create, ...append, "--platform", "linux/arm64", second], { env });
    return JSON.parse(await readFile(join(store, "instances", unique), "utf8"));
}

describe("a builder of two nodes", () => {
    it(
        "is what docker buildx create --append creates, and each build runs on the node of its platform",
        withStack(async (stack) => {
            const { unique } = stack;
            const [one, two] = [`buildx_buildkit_${unique}0`, `buildx_buildkit_${unique}1`];
            const driverOpts = { env: { TWO: "2" }, memory: "1g" };
            const onSecond = { endpoint: second, platforms: ["linux/arm64"], driverOpts };
            await stack.program(program(stack, [onFirst, onSecond], { driverOpts: { env: { ONE: "1" } } }));
            await stack.up();
            const { nodes, platforms } = await stack.outputs<Outputs>();
            assert.deepEqual(
                nodes.map((node) => [node.name, node.containerName, node.dockerEndpoint, node.status]),
                [
                    [`${unique}0`, one, first, "running"],
                    [`${unique}1`, two, second, "running"],
                ],
            );
            assert.ok(platforms.includes("linux/amd64"));
            assert.equal(new Set(platforms).size, platforms.length);
            const found = await containers(stack);
            assert.deepEqual(found.two?.Config.Env?.slice(0, 2), ["ONE=1", "TWO=2"]);
            assert.equal(found.one?.HostConfig.Memory, 0);
            assert.equal(found.two?.HostConfig.Memory, 1024 ** 3);
            await stack.preview("--expect-no-changes");
            await stack.refresh("--expect-no-changes");
            assert.deepEqual(await stack.record(unique), await recordOfBuildx(stack));

            const folder = await context(stack, "FROM scratch\nCOPY busybox /bin/sh\n");
            const built = ["--platform", "linux/amd64,linux/arm64", "--output", "type=cacheonly", folder];
            await stack.buildx("build", "--builder", unique, "--provenance=false", ...built);
            assert.deepEqual(await builtOn(one), ["linux/amd64"]);
            assert.deepEqual(await builtOn(two, second), ["linux/arm64"]);

            await stack.destroy();
            assert.deepEqual(await stack.records(), []);
            assert.deepEqual([...(await leftovers(unique)), ...(await leftovers(unique, second))], []);
        }),
    );

    it(
        "of a program in JavaScript has a state object for each node",
        withProject(async (project) => {
            const { unique } = project;
            await project.program(`
                const [near, far] = [undefined, "${second}"].map((endpoint, index) =>
                    new buildx.BuildKitState("state" + index, { builderName: unique, node: unique + index, endpoint }));
                const nodes = [{ state: near }, { state: far, driverOpts: { memory: "1g" } }];
                exports.nodes = new buildx.BuildxBuilder("b", { name: unique, nodes }).nodes;`);
            await project.up();
            const { nodes } = await project.outputs<Outputs>();
            assert.deepEqual(
                nodes.map((node) => [node.name, node.dockerEndpoint, node.status]),
                [
                    [`${unique}0`, first, "running"],
                    [`${unique}1`, second, "running"],
                ],
            );
            await project.preview("--expect-no-changes");
        }),
    );

    it(
        "changes only the node that is added, changed or removed",
        withStack(async (stack) => {
            const { unique } = stack;
            const far = state({ builderName: unique, node: `${unique}1`, endpoint: second });
            const up = async (nodes: readonly object[]) => {
                await stack.program(program(stack, nodes, {}, { far }));
                await stack.up();
            };
            await up([onFirst]);
            const [before, none] = await lives(stack);
            assert.ok(before);
            assert.equal(none, undefined);

            const onFar = (driverOpts: object) => ({ state: "${far}", driverOpts });
            await up([onFirst, onFar({})]);
            const [, added] = await lives(stack);
            assert.deepEqual(await lives(stack), [before, added]);
            assert.ok(added);
            assert.equal((await stack.outputs<Outputs>()).nodes[1]?.dockerEndpoint, second);

            // A limit changes in place. An environment variable recreates the container.
            await up([onFirst, onFar({ memory: "512m" })]);
            assert.deepEqual(await lives(stack), [before, added]);
            assert.equal((await containers(stack)).two?.HostConfig.Memory, 512 * 1024 ** 2);
            const last = onFar({ env: { A: "1" } });
            await stack.program(program(stack, [onFirst, last], {}, { far }));
            assert.match((await stack.preview()).output, /nodes\[1\]\.driverOpts\.env\.A/);
            await stack.up();
            const [same, changed] = await lives(stack);
            assert.deepEqual(same, before);
            assert.notEqual(changed?.Id, added?.Id);

            // Drift of a node is fixed on that node alone.
            await docker(["--host", second, "rm", "--force", `buildx_buildkit_${unique}1`]);
            await stack.refresh();
            const seen = (await stack.state()).find(({ type }) => type.endsWith(":BuildxBuilder"));
            assert.equal((seen?.outputs as Outputs | undefined)?.nodes[1]?.status, "inactive");
            await stack.up();
            assert.deepEqual(stack.steps, { b: "update" });
            const [still, kept] = await lives(stack);
            assert.deepEqual(still, before);
            assert.ok(kept);

            // The first node is removed. The second node keeps its name and its state.
            await up([last]);
            assert.deepEqual(await lives(stack), [undefined, kept]);
            assert.deepEqual(await leftovers(unique), []);
            assert.deepEqual(
                (await stack.outputs<Outputs>()).nodes.map(({ name }) => name),
                [`${unique}1`],
            );
            await stack.preview("--expect-no-changes");
        }),
    );

    it(
        "boots both nodes at the same time",
        withStack(async (stack) => {
            // Each engine delays the start of its container until the other engine has got the same call.
            const started: string[] = [];
            let bothStarted = () => {};
            const both = new Promise<void>((resolve) => (bothStarted = resolve));
            const proxies = await Promise.all([
                startProxy(stack.folder, "one"),
                startProxy(stack.folder, "two", second),
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
                const nodes = proxies.map(({ host }) => ({ endpoint: host }));
                await stack.program(program(stack, nodes));
                await stack.up();
                assert.deepEqual([...started].sort(), proxies.map(({ host }) => host).sort());
                await stack.destroy();
            } finally {
                await Promise.all(proxies.map((proxy) => proxy.stop()));
            }
        }),
    );
});
