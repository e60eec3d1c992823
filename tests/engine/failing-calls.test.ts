import { strict as assert } from "node:assert";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { docker, leftovers } from "../support/docker";
import { builder, resources, state } from "../support/program";
import { type Call, type Fate, type Proxy, startProxy } from "../support/proxy";
import { type Stack, withStack } from "../support/stack";
import { containerOf, volumeOf } from "../support/state";

/**
 * A builder with its own connection to the engine, on which one call fails. There is one builder for each call that can
 * fail, so that one operation tries all of them.
 */
interface Trial {
    name: string;
    proxy: Proxy;
    call: number;
}

const buildersOf = (all: readonly Trial[], args: object) =>
    resources(
        Object.fromEntries(all.map(({ name, proxy }) => [name, builder({ name, endpoint: proxy.host, ...args })])),
    );

/**
 * Whether a call is one of those that fail in this way. For a program, a dropped response is the same as a refused call,
 * unless the call changed something on the engine.
 */
const isTried: Record<Exclude<Fate, "pass">, (call: Call) => boolean> = {
    refuse: () => true,
    drop: (call) => !/^(GET|HEAD) /.test(call),
};

/** Returns the calls that one operation on a builder makes. */
async function callsOf(operation: () => Promise<unknown>, proxy: Proxy): Promise<Call[]> {
    const before = proxy.calls.length;
    await operation();
    return proxy.calls.slice(before);
}

/** Runs a test with trials and stops their proxies afterwards. */
async function withTrials(stack: Stack, count: number, test: (all: Trial[]) => Promise<void>): Promise<void> {
    const all = await Promise.all(
        Array.from({ length: count }, async (_, call) => {
            const name = `${stack.unique}-${call}-`; // with an end, since docker filters names by a part of them
            return { name, call, proxy: await startProxy(stack.folder, name) };
        }),
    );
    try {
        await test(all);
    } finally {
        await Promise.all(all.map(({ proxy }) => proxy.stop()));
    }
}

/** Makes the call with the trial's number fail once, counted from now on. */
function arm({ proxy, call: number }: Trial, fate: Exclude<Fate, "pass">): void {
    let count = 0;
    proxy.decide = (call) => (isTried[fate](call) && count++ === number ? fate : "pass");
}

const disarm = ({ proxy }: Trial) => {
    proxy.decide = () => "pass";
};

async function isWholeAfter(stack: Stack, all: Trial[], args: object): Promise<void> {
    for (const trial of all) disarm(trial);
    await stack.program(buildersOf(all, args));
    await stack.up();
    await stack.refresh("--expect-no-changes");
    assert.deepEqual((await stack.records()).sort(), all.map(({ name }) => name).sort());
    const expected = all.flatMap(({ name }) => [containerOf(name), volumeOf(name)]);
    assert.deepEqual((await leftovers(stack.unique)).sort(), expected.sort());
    const running = await docker(["ps", "--quiet", "--filter", `name=${stack.unique}`]);
    assert.equal(running.trim().split("\n").length, all.length);
}

describe("a call to the engine that fails", () => {
    for (const fate of ["refuse", "drop"] as const) {
        it(
            `(${fate}) in a creation, a change or a removal leaves nothing that Pulumi's state does not know`,
            withStack(async (stack) => {
                // The number of calls comes from a builder for which no call fails.
                const proxy = await startProxy(stack.folder, "scout");
                const scout = [{ name: `${stack.unique}-scout`, proxy, call: -1 }];
                const args = { driverOpts: { env: { A: "1" } } };
                await stack.program(buildersOf(scout, {}));
                const creation = await callsOf(() => stack.up(), proxy);
                await stack.program(buildersOf(scout, args));
                const change = await callsOf(() => stack.up(), proxy);
                const removal = await callsOf(() => stack.destroy(), proxy);
                await proxy.stop();
                const counts = [creation, change, removal].map((calls) => calls.filter(isTried[fate]).length);
                assert.ok(Math.min(...counts) > 2);

                await withTrials(stack, Math.max(...counts), async (all) => {
                    for (const trial of all) arm(trial, fate);
                    await stack.program(buildersOf(all, {}));
                    await stack.failing("up");
                    const known = (await stack.state()).map(({ id }) => id);
                    const unknown = all.filter(({ name }) => !known.includes(name));
                    const [left, records] = await Promise.all([leftovers(stack.unique), stack.records()]);
                    for (const { name } of unknown) {
                        assert.ok(!left.some((each) => each.includes(name)), left.join());
                        assert.ok(!records.includes(name), name);
                    }
                    await isWholeAfter(stack, all, {});

                    for (const trial of all) arm(trial, fate);
                    await stack.program(buildersOf(all, args));
                    await stack.failing("up");
                    await isWholeAfter(stack, all, args);

                    for (const trial of all) arm(trial, fate);
                    await stack.failing("destroy");
                    for (const trial of all) disarm(trial);
                    await stack.destroy();
                    assert.deepEqual(await leftovers(stack.unique), []);
                    assert.deepEqual(await stack.records(), []);
                });
            }),
        ).timeout(300_000);
    }

    it(
        "in the life of a state leaves no volume that Pulumi's state does not know",
        withStack(async (stack) => {
            const calls = 8; // more than the creation or removal of a volume takes
            await withTrials(stack, calls, async (all) => {
                const states = all.map(
                    ({ name, proxy }) => [name, state({ builderName: name, endpoint: proxy.host })] as const,
                );
                await stack.program(resources(Object.fromEntries(states)));
                for (const trial of all) arm(trial, "drop");
                await stack.failing("up");
                const known = (await stack.state()).map(({ id }) => id).sort();
                assert.ok(known.length < calls);
                assert.deepEqual((await leftovers(stack.unique)).sort(), known);

                for (const trial of all) disarm(trial);
                await stack.up();
                await stack.preview("--expect-no-changes");
                for (const trial of all) arm(trial, "drop");
                await stack.failing("destroy");
                for (const trial of all) disarm(trial);
                await stack.destroy();
                assert.deepEqual(await leftovers(stack.unique), []);
            });
        }),
    );
});

describe("a creation that fails and cannot be undone", () => {
    it(
        "leaves a state with its reasons, and the next up completes the state",
        withStack(async (stack) => {
            const proxy = await startProxy(stack.folder);
            try {
                await stack.program(resources({ cache: state({ builderName: stack.unique, endpoint: proxy.host }) }));
                let isCreated = false;
                proxy.decide = (call) => {
                    const fate = isCreated ? "refuse" : call.endsWith("/volumes/create") ? "drop" : "pass";
                    isCreated ||= fate === "drop";
                    return fate;
                };
                await stack.failing("up");
                const [{ id, initErrors = [] } = assert.fail("Pulumi's state does not know it")] = await stack.state();
                assert.equal(id, volumeOf(stack.unique));
                assert.ok(initErrors.length > 0);

                proxy.decide = () => "pass";
                await stack.up();
                await stack.preview("--expect-no-changes");
                await stack.destroy();
                assert.deepEqual(await leftovers(stack.unique), []);
            } finally {
                await proxy.stop();
            }
        }),
    );

    it(
        "leaves a builder with its reasons, which the next up completes and destroy removes",
        withStack(async (stack) => {
            await withTrials(stack, 1, async (all) => {
                const [{ name, proxy }] = all as [Trial];
                await stack.program(buildersOf(all, {}));
                let isStarted = false;
                proxy.decide = (call) => {
                    isStarted ||= call.endsWith("/start");
                    return isStarted ? "refuse" : "pass";
                };
                await stack.failing("up");
                const [{ id, initErrors = [] } = assert.fail("Pulumi's state does not know it")] = await stack.state();
                assert.equal(id, name);
                assert.match(initErrors.join(), /cannot be started/);
                assert.deepEqual(await leftovers(stack.unique), [containerOf(name), volumeOf(name)]);

                for (const trial of all) disarm(trial);
                await stack.up();
                await stack.preview("--expect-no-changes");
                const [{ initErrors: after } = assert.fail()] = await stack.state();
                assert.equal(after, undefined);
                await stack.destroy();
                assert.deepEqual(await leftovers(stack.unique), []);
            });
        }),
    );
});

describe("a write to the store that fails", () => {
    for (const path of ["instances", "activity", "defaults", "current", ".buildNodeID", "activity/NAME"]) {
        it(
            `at ${path} leaves nothing behind, and the next up completes`,
            withStack(async (stack) => {
                await stack.program(resources({ b: builder({ name: stack.unique, use: true }) }));
                const blocked = join(stack.store, path.replace("NAME", stack.unique));
                await mkdir(dirname(blocked), { recursive: true });
                // A folder in place of a file, or a file in place of a folder: neither can be written.
                const isFolder = ["instances", "activity", "defaults"].includes(path);
                if (isFolder) await writeFile(blocked, "");
                else await mkdir(join(blocked, "not empty"), { recursive: true });
                await stack.failing("up");
                assert.deepEqual(await leftovers(stack.unique), []);
                assert.deepEqual(await stack.state(), []);

                await rm(blocked, { recursive: true, force: true });
                await stack.up();
                await stack.buildx("inspect", stack.unique);
            }),
        );
    }
});
