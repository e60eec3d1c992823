import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { second } from "../support/engines";
import { build, context, longBuild } from "../support/image";
import { prune, resources } from "../support/program";
import { type Fate, type Proxy, startProxy } from "../support/proxy";
import { type Stack, withStack } from "../support/stack";
import { containerOf } from "../support/state";

/** Prunes the cache of a builder that buildx has created. A new trigger prunes the cache again. */
const pruneOf = ({ unique }: Stack, trigger: number) =>
    resources({ p: prune({ builderName: unique, triggers: [trigger] }) }, { reclaimed: "${p.reclaimed}" });

const writeRecord = ({ store, unique }: Stack, record: object) =>
    writeFile(join(store, "instances", unique), JSON.stringify(record));

const startOf = async (container: string) => (await inspectContainer(container))?.State.StartedAt;

const isRunning = async (container: string) => (await inspectContainer(container))?.State.Running;

describe("a prune", () => {
    it(
        "prunes all nodes or none, and reclaims nothing if the builder has never been booted",
        withStack(async (stack) => {
            const { unique } = stack;
            const container = containerOf(unique);
            await stack.buildx("create", "--name", unique, "--driver", "docker-container");
            await stack.program(pruneOf(stack, 1));
            await stack.up();
            assert.deepEqual(await stack.outputs(), { reclaimed: 0 });
            assert.deepEqual(await leftovers(unique), []);

            // Nothing is started or removed if one node cannot be reached.
            await build(stack, unique, await context(stack));
            await docker(["stop", container]);
            const before = await startOf(container);
            await stack.buildx("create", "--append", "--name", unique, "--node", `${unique}b`, second.host);
            const both = await stack.record(unique);
            const [first, other] = both.Nodes as [object, object];
            const none = { ...other, Endpoint: `unix://${stack.folder}/none.sock` };
            await writeRecord(stack, { ...both, Nodes: [first, none] });
            await stack.program(pruneOf(stack, 2));
            const unreachable = new RegExp(`node ${unique}b of builder "${unique}" cannot be pruned: .*none.sock`);
            assert.match(await stack.failing("up"), unreachable);
            assert.equal(await startOf(container), before);

            // Nothing is pruned if one node does not boot, and the nodes that were started are stopped again.
            await writeRecord(stack, both);
            const broken = ["create", "--name", container.replace(/0$/, "b"), "--restart", "no"];
            await docker(["--host", second.host, ...broken, "moby/buildkit:buildx-stable-1", "--no-such-flag"]);
            assert.match(await stack.failing("up"), /BuildKit did not boot/);
            assert.equal(await isRunning(container), false);
            await stack.buildx("create", "--name", unique, "--leave", "--node", `${unique}b`);
            await stack.up();
            const { reclaimed } = await stack.outputs<{ reclaimed: number }>();
            assert.ok(reclaimed > 0, "the failed prune pruned the first node");
        }),
    );

    it(
        "leaves a builder running that it has started if a client uses the builder by then",
        withStack(async (stack) => {
            const { unique } = stack;
            const container = containerOf(unique);
            await stack.buildx("create", "--name", unique, "--driver", "docker-container", "--bootstrap");
            const record = await stack.record(unique);
            const [node] = record.Nodes as [object];
            const proxy = await startProxy(stack.folder);
            try {
                await writeRecord(stack, { ...record, Nodes: [{ ...node, Endpoint: proxy.host }] });

                await docker(["stop", container]);
                await stack.program(pruneOf(stack, 1));
                const { ended } = await pruneBeside(stack, proxy, () => longBuild(stack, 15));
                assert.equal(await isRunning(container), true);
                assert.match(await ended, /finished/);

                // A client that has connected and has not requested a build yet.
                await docker(["stop", container]);
                await stack.program(pruneOf(stack, 2));
                const client = await pruneBeside(stack, proxy, async () => {
                    const dialing = ["exec", "--interactive", container, "buildctl", "dial-stdio"];
                    const started = spawn("docker", dialing, { stdio: ["pipe", "ignore", "ignore"] });
                    while (((await inspectContainer(container))?.ExecIDs ?? []).length === 0) await sleep(20);
                    return started;
                });
                try {
                    assert.equal(await isRunning(container), true);
                } finally {
                    client.kill();
                }
                await writeRecord(stack, record);
            } finally {
                await proxy.stop();
            }
        }),
    );
});

/** Prunes, and starts a client of the builder as soon as its container runs. */
async function pruneBeside<Client>(stack: Stack, proxy: Proxy, connectClient: () => Promise<Client>): Promise<Client> {
    let client: Promise<Client> | undefined;
    proxy.decide = async (call): Promise<Fate> => {
        if (client === undefined && /^POST \/containers\/.*\/exec$/.test(call)) await (client = connectClient());
        return "pass";
    };
    await stack.up();
    assert.ok(client, "the prune did not start BuildKit");
    return client;
}
