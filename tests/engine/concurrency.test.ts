import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { leftovers } from "../support/docker";
import { builder, resources } from "../support/program";
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
});
