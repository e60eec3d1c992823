import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../support/copying";
import { leftovers } from "../support/docker";
import { builder, resources } from "../support/program";
import { type Fate, startProxy } from "../support/proxy";
import { run } from "../support/run";
import { Stack, withStack } from "../support/stack";
import { containerOf, isRunning } from "../support/state";

const namesOf = ({ unique }: Stack) => Array.from({ length: 10 }, (_, index) => `${unique}-${index}`);

/** The program of ten builders. */
const ten = (stack: Stack) => resources(Object.fromEntries(namesOf(stack).map((name) => [name, builder({ name })])));

describe("several at once", () => {
    it(
        "create twenty builders in two stacks while buildx works on the same store, and lose no record",
        withStack(async (stack) => {
            const other = await Stack.make({ store: stack.store });
            try {
                await mkdir(stack.store, { recursive: true });
                await Promise.all([stack.program(ten(stack)), other.program(ten(other))]);
                let isOver = false;
                const problems: string[] = [];
                const buildx = async (...args: string[]) => {
                    const { code, output } = await run("docker", ["buildx", ...args], { env: stack.env });
                    if (code !== 0) problems.push(`${args.join(" ")}: ${output}`);
                };
                const loop = (async () => {
                    for (let round = 0; !isOver; round++) {
                        const name = `${stack.unique}-loop-${round}`;
                        await buildx("create", "--name", name, "--driver", "docker-container");
                        await buildx("ls");
                        await buildx("rm", name);
                    }
                })();
                try {
                    await Promise.all([stack.up(), other.up()]);
                } finally {
                    isOver = true;
                    await loop;
                }
                assert.deepEqual(problems, []);
                const names = [stack, other].flatMap(namesOf);
                assert.deepEqual((await stack.records()).sort(), names.sort());
                for (const name of names) assert.equal((await stack.record(name)).Name, name);
                await stack.preview("--expect-no-changes");

                await Promise.all([stack.destroy(), other.destroy()]);
                assert.deepEqual(await stack.records(), []);
                assert.deepEqual(await leftovers(stack.unique), []);
                assert.deepEqual(await leftovers(other.unique), []);
            } finally {
                await other.remove();
            }
        }),
    );

    it(
        "write to the store only when they have buildx's lock",
        withStack(async (stack) => {
            await mkdir(stack.store, { recursive: true });
            const lock = ["flock", [join(stack.store, ".lock"), "sh", "-c", "echo held; read -r _"]] as const;
            const holder = spawn(...lock);
            await once(holder.stdout, "data");
            await stack.program(resources({ b: builder({ name: stack.unique }) }));
            const up = stack.up();
            up.catch(() => {}); // thrown by the last await
            // The file is the last step before the record.
            const noted = ["exec", containerOf(stack.unique), "test", "-e", "/var/lib/buildkit/pulumi-buildx.json"];
            while ((await run("docker", noted)).code !== 0) await sleep(100);
            await sleep(500);
            assert.deepEqual(await stack.records(), []);
            holder.stdin.end();
            await up;
            assert.deepEqual(await stack.records(), [stack.unique]);
            assert.equal(await isRunning(containerOf(stack.unique)), true);
        }),
    );

    it(
        "ask the engine once for all, and one buildkitd for all that boot with it",
        withStack(async (stack) => {
            const proxy = await startProxy(stack.folder);
            stack.env.DOCKER_HOST = proxy.host;
            const names = namesOf(stack).slice(0, 3);
            const countOf = (call: RegExp) => proxy.calls.filter((each) => call.test(each)).length;
            // No builder is asked before all are started.
            const log = /^GET \/containers\/\w+\/logs$/;
            proxy.decide = async (call): Promise<Fate> => {
                if (log.test(call)) await until("all are started", async () => countOf(log) === names.length);
                return "pass";
            };
            await stack.program(resources(Object.fromEntries(names.map((name) => [name, builder({ name })]))));
            await stack.up();
            const once = {
                ping: /_ping/,
                info: /info/,
                version: /version/,
                image: /images.moby/,
                state: /^HEAD/,
                query: /exec$/,
            };
            const counts = Object.entries(once).map(([what, call]) => [what, countOf(call)]);
            assert.deepEqual(
                counts,
                Object.keys(once).map((what) => [what, 1]),
            );
            const platforms = (await stack.state()).map(({ outputs }) => outputs.platforms);
            assert.ok(Array.isArray(platforms[0]) && platforms[0].length > 0);
            assert.deepEqual(
                platforms,
                names.map(() => platforms[0]),
            );
            await stack.destroy();
            await proxy.stop();
        }),
    );
});
