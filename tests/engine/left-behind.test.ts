import { strict as assert } from "node:assert";
import { join } from "node:path";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { second } from "../support/engines";
import { createContext, isolateDockerConfig } from "../support/dockerConfig";
import { builder, resources, state } from "../support/program";
import type { Project } from "../support/project";
import { startProxy } from "../support/proxy";
import { type Stack, withStack } from "../support/stack";
import { containerOf } from "../support/state";

const first = "unix:///var/run/docker.sock";

/** Gives a project its own docker configuration with contexts. */
async function withContexts(project: Project, contexts: Record<string, string>): Promise<void> {
    await isolateDockerConfig(project);
    await Promise.all(Object.entries(contexts).map(([name, host]) => createContext(project, name, host)));
}

const use = (project: Project, context: string) => docker(["context", "use", context], { env: project.env });

/** Two builders, of which one works on a state. */
const twoBuilders = ({ unique }: Stack, args: object = {}) =>
    resources({
        cache: state({ builderName: `${unique}s`, ...args }),
        onState: builder({ state: "${cache}" }),
        b: builder({ name: unique, ...args }),
    });

describe("a stack without an endpoint, after docker switched to another engine", () => {
    it(
        "is not created there as well, stays as it is, and is removed from its engine",
        withStack(async (stack) => {
            const { unique } = stack;
            await withContexts(stack, { one: first, two: second.host, alias: "unix:///run/docker.sock" });
            await use(stack, "one");
            await stack.program(twoBuilders(stack));
            await stack.up();
            const created = (await inspectContainer(containerOf(unique)))?.Id;

            await use(stack, "two");
            for (const command of ["preview", "up"]) {
                const { code, output: said } = await stack.try(command);
                assert.equal(code === 0, command === "preview");
                assert.match(said, /is on one, but without the argument endpoint the docker CLI now uses two/);
                assert.match(said, /Set endpoint: "one" to keep it there, or endpoint: "two" to replace it/);
            }
            assert.deepEqual(await leftovers(unique, second.host), []);
            await stack.refresh();
            const saved = (await stack.state()).find(({ urn }) => urn.endsWith("::b"));
            assert.deepEqual([saved?.outputs.status, saved?.outputs.dockerEndpoint], ["running", "one"]);

            // Another context of the same engine changes nothing.
            await use(stack, "alias");
            await stack.up();
            assert.equal((await inspectContainer(containerOf(unique)))?.Id, created);
            await stack.preview("--expect-no-changes");

            // An endpoint names the engine.
            await use(stack, "two");
            await stack.program(twoBuilders(stack, { endpoint: "alias" }));
            await stack.up();
            await stack.program(twoBuilders(stack));
            assert.match((await stack.preview()).output, /is on alias, but without the argument endpoint/);

            await stack.destroy();
            assert.deepEqual(await leftovers(unique), []);
            assert.deepEqual(await stack.records(), []);
        }),
    );
});

describe("an engine that is gone for good", () => {
    it(
        "because its docker context was removed does not prevent a removal with deleteUnreachable",
        withStack(async (stack) => {
            const { unique } = stack;
            await withContexts(stack, { gone: second.host });
            await stack.program(twoBuilders(stack, { endpoint: "gone" }));
            await stack.up();
            await docker(["context", "rm", "gone"], { env: stack.env });

            const said =
                /"gone" .* is neither a host URL .* nor a docker context.*pulumi config set buildx:deleteUnreachable true/s;
            assert.match(await stack.failing("destroy"), said);
            await stack.config("buildx:deleteUnreachable", "true");
            const { output } = await stack.destroy();
            assert.match(output, new RegExp(`container ${containerOf(unique)} .* may be left there`));
            assert.deepEqual(await stack.state(), []);
            assert.deepEqual(await stack.records(), []);
        }),
    );

    it(
        "loses its resources from the state by a refresh with deleteUnreachable",
        withStack(async (stack) => {
            const proxy = await startProxy(stack.folder, undefined, second.host);
            const cache = state({ builderName: stack.unique, endpoint: proxy.host });
            await stack.program(resources({ cache, b: builder({ state: "${cache}" }) }));
            await stack.up();
            await proxy.stop();
            await stack.config("buildx:deleteUnreachable", "true");
            const { output } = await stack.refresh();
            assert.match(output, /The builder is removed from Pulumi's state/);
            assert.match(output, /Volume .* is removed from Pulumi's state/);
            assert.deepEqual(await stack.state(), []);
        }),
    );
});

describe("a node whose engine is gone", () => {
    const program = (stack: Stack, nodes: readonly object[]) =>
        stack.program(resources({ b: builder({ name: stack.unique, nodes }) }));
    const onFirst = { endpoint: first };
    const statuses = async (stack: Stack) =>
        (await stack.state()).flatMap(({ outputs }) =>
            (outputs.nodes as { status: string }[]).map(({ status }) => status),
        );

    it(
        "is shown as inactive by a refresh, and is removed or moved with deleteUnreachable",
        withStack(async (stack) => {
            const { unique, folder } = stack;
            const proxy = await startProxy(folder, undefined, second.host);
            await program(stack, [onFirst, { endpoint: proxy.host }]);
            await stack.up();
            await proxy.stop();

            const { output } = await stack.refresh();
            assert.match(output, new RegExp(`node ${unique}1 is shown as inactive: no Docker engine responds at`));
            assert.deepEqual(await statuses(stack), ["running", "inactive"]);

            const moved = [onFirst, { endpoint: second.host }];
            for (const nodes of [[onFirst], moved]) {
                await program(stack, nodes);
                const said = await stack.failing("up");
                assert.match(
                    said,
                    new RegExp(`node ${unique}1: no Docker engine responds at.*deleteUnreachable true`, "s"),
                );
            }
            await stack.config("buildx:deleteUnreachable", "true");
            await docker(["--host", second.host, "rm", "--force", `buildx_buildkit_${unique}1`]);
            const up = await stack.up();
            assert.match(
                up.output,
                new RegExp(
                    `The node is removed from Pulumi's state, and container buildx_buildkit_${unique}1 and volume`,
                ),
            );
            assert.deepEqual(await statuses(stack), ["running", "running"]);
            await stack.preview("--expect-no-changes");
            await program(stack, [onFirst]);
            await stack.up();
            assert.deepEqual(await statuses(stack), ["running"]);
            await stack.destroy();
            assert.deepEqual(await stack.records(), []);
            assert.deepEqual(await leftovers(unique), []);
        }),
    );

    it(
        "and was never reached is removed without a warning",
        withStack(async (stack) => {
            const { unique, folder } = stack;
            const never = { endpoint: `unix://${join(folder, "never.sock")}` };
            await program(stack, [onFirst, never]);
            assert.match(await stack.failing("up"), new RegExp(`node ${unique}1: `));
            await program(stack, [onFirst]);
            await stack.up();
            await stack.preview("--expect-no-changes");
            await program(stack, [onFirst, never]);
            await stack.failing("up");
            const { output } = await stack.destroy();
            assert.doesNotMatch(output, /warning/);
            assert.deepEqual(await stack.state(), []);
            assert.deepEqual(await leftovers(unique), []);
        }),
    );

    it(
        "at one address, and responds at another address, is the same node",
        withStack(async (stack) => {
            const { unique, folder } = stack;
            const proxy = await startProxy(folder, undefined, second.host);
            try {
                const two = (endpoint: string, memory: string) =>
                    program(stack, [onFirst, { endpoint, driverOpts: { memory } }]);
                await two(proxy.host, "512m");
                await stack.up();
                const before = await inspectContainer(`buildx_buildkit_${unique}1`, second.host);
                await two(second.host, "1g");
                await stack.up();
                const after = await inspectContainer(`buildx_buildkit_${unique}1`, second.host);
                assert.deepEqual([after?.Id, after?.HostConfig.Memory], [before?.Id, 1024 ** 3]);
                await stack.preview("--expect-no-changes");
            } finally {
                await proxy.stop();
            }
        }),
    );
});
