import { strict as assert } from "node:assert";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { type Project, withProject } from "../support/project";
import { type Fate, type Proxy, startProxy } from "../support/proxy";

/**
 * One builder for each call that can fail, each on a connection of its own to the engine on which just that call
 * fails, so that one `pulumi up` tries them all.
 */
interface Trial {
    name: string;
    proxy: Proxy;
    call: number;
}

const builder = (trial: Trial, args: object) =>
    `new buildx.BuildxBuilder("${trial.name}", { name: "${trial.name}", endpoint: "${trial.proxy.host}", ...${JSON.stringify(args)} });`;

/** The calls that one operation on a builder makes. */
async function callsOf(operation: () => Promise<unknown>, proxy: Proxy): Promise<string[]> {
    const before = proxy.calls.length;
    await operation();
    return proxy.calls.slice(before);
}

async function trials(project: Project, count: number): Promise<Trial[]> {
    return Promise.all(
        Array.from({ length: count }, async (_, call) => {
            const name = `${project.unique}-${call}-`; // with an end, since docker filters names by a part of them
            return { name, call, proxy: await startProxy(project.folder, name) };
        }),
    );
}

/** From now on the call with the trial's number, counted from here, fails once. */
function arm({ proxy, call }: Trial, fate: Fate): void {
    const from = proxy.calls.length;
    proxy.decide = (_, index) => (index === from + call ? fate : "pass");
}

const disarm = ({ proxy }: Trial) => {
    proxy.decide = () => "pass";
};

async function isWholeAfter(project: Project, all: Trial[], args: object): Promise<void> {
    for (const trial of all) disarm(trial);
    await project.program(all.map((trial) => builder(trial, args)).join("\n"));
    await project.up();
    await project.refresh("--expect-no-changes");
    assert.deepEqual((await project.records()).sort(), all.map(({ name }) => name).sort());
    const expected = all.flatMap(({ name }) => [`buildx_buildkit_${name}0`, `buildx_buildkit_${name}0_state`]);
    assert.deepEqual((await leftovers(project.unique)).sort(), expected.sort());
    for (const { name } of all) {
        assert.equal((await inspectContainer(`buildx_buildkit_${name}0`))?.State.Running, true);
    }
}

describe("a call to the engine that fails", () => {
    for (const fate of ["refuse", "drop"] as const) {
        it(
            `(${fate}) at any step of creation, change and removal leaves nothing that the state does not know`,
            withProject(async (project) => {
                // How many calls there are is found out on a builder for which none fails.
                const scout = {
                    name: `${project.unique}-scout`,
                    proxy: await startProxy(project.folder, "scout"),
                    call: -1,
                };
                await project.program(builder(scout, {}));
                const creation = await callsOf(() => project.up(), scout.proxy);
                await project.program(builder(scout, { driverOpts: { env: { A: "1" } } }));
                const change = await callsOf(() => project.up(), scout.proxy);
                const removal = await callsOf(() => project.destroy(), scout.proxy);
                assert.ok(creation.length > 8 && change.length > 8 && removal.length > 3);
                await scout.proxy.stop();

                const all = await trials(project, Math.max(creation.length, change.length, removal.length));
                try {
                    for (const trial of all) arm(trial, fate);
                    await project.program(all.map((trial) => builder(trial, {})).join("\n"));
                    await project.try("up", "--continue-on-error");
                    const known = (await project.state()).map(({ id }) => id);
                    for (const { name } of all.filter((trial) => !known.includes(trial.name))) {
                        assert.deepEqual(await leftovers(name), [], name);
                        assert.ok(!(await project.records()).includes(name), name);
                    }
                    await isWholeAfter(project, all, {});

                    for (const trial of all) arm(trial, fate);
                    const args = { driverOpts: { env: { A: "1" } } };
                    await project.program(all.map((trial) => builder(trial, args)).join("\n"));
                    await project.try("up", "--continue-on-error");
                    await isWholeAfter(project, all, args);

                    for (const trial of all) arm(trial, fate);
                    await project.try("destroy", "--continue-on-error");
                    for (const trial of all) disarm(trial);
                    await project.destroy();
                    assert.deepEqual(await leftovers(project.unique), []);
                    assert.deepEqual(await project.records(), []);
                } finally {
                    await Promise.all(all.map(({ proxy }) => proxy.stop()));
                }
            }),
        ).timeout(300_000);
    }

    it(
        "at any step of a state's life leaves no volume that Pulumi's state does not know",
        withProject(async (project) => {
            const calls = 8; // more than the creation or removal of a volume takes
            const all = await trials(project, calls);
            const program = all
                .map(
                    ({ name, proxy }) =>
                        `new buildx.BuildKitState("${name}", { builderName: "${name}", endpoint: "${proxy.host}" });`,
                )
                .join("\n");
            try {
                await project.program(program);
                for (const trial of all) arm(trial, "drop");
                await project.try("up", "--continue-on-error");
                const known = (await project.state()).map(({ id }) => id).sort();
                assert.ok(known.length < calls);
                assert.deepEqual((await leftovers(project.unique)).sort(), known);

                for (const trial of all) disarm(trial);
                await project.up();
                await project.preview("--expect-no-changes");
                for (const trial of all) arm(trial, "drop");
                await project.try("destroy", "--continue-on-error");
                for (const trial of all) disarm(trial);
                await project.destroy();
                assert.deepEqual(await leftovers(project.unique), []);
            } finally {
                await Promise.all(all.map(({ proxy }) => proxy.stop()));
            }
        }),
    );

    it(
        "also on the way back from a state's creation leaves a state with its reasons, which the next up completes",
        withProject(async (project) => {
            const proxy = await startProxy(project.folder);
            try {
                await project.program(
                    `new buildx.BuildKitState("cache", { builderName: unique, endpoint: "${proxy.host}" });`,
                );
                let wasMade = false;
                proxy.decide = (call) => {
                    const fate = wasMade ? "refuse" : call.endsWith("/volumes/create") ? "drop" : "pass";
                    wasMade ||= fate === "drop";
                    return fate;
                };
                await project.failing("up");
                const [{ id, initErrors = [] } = assert.fail("Pulumi's state does not know it")] =
                    await project.state();
                assert.equal(id, `buildx_buildkit_${project.unique}0_state`);
                assert.ok(initErrors.length > 0);

                proxy.decide = () => "pass";
                await project.up();
                await project.preview("--expect-no-changes");
                await project.destroy();
                assert.deepEqual(await leftovers(project.unique), []);
            } finally {
                await proxy.stop();
            }
        }),
    );

    it(
        "also on the way back leaves a resource with its reasons, which the next up completes and destroy removes",
        withProject(async (project) => {
            const proxy = await startProxy(project.folder);
            const trial = { name: project.unique, proxy, call: 0 };
            try {
                await project.program(builder(trial, {}));
                let started = false;
                proxy.decide = (call) => {
                    started ||= call.endsWith("/start");
                    return started ? "refuse" : "pass";
                };
                await project.failing("up");
                const [{ id, initErrors = [] } = assert.fail("the state does not know it")] = await project.state();
                assert.equal(id, project.unique);
                assert.match(initErrors.join(), /cannot be started/);
                assert.equal((await leftovers(project.unique)).length, 2);

                disarm(trial);
                await project.up();
                await project.preview("--expect-no-changes");
                const [{ initErrors: after } = assert.fail()] = await project.state();
                assert.equal(after, undefined);
                await project.destroy();
                assert.deepEqual(await leftovers(project.unique), []);
            } finally {
                await proxy.stop();
            }
        }),
    );
});

describe("a write to the store that fails", () => {
    for (const path of ["instances", "activity", "defaults", "current", ".buildNodeID", "activity/NAME"]) {
        it(
            `at ${path} leaves nothing behind, and the next up completes`,
            withProject(async (project) => {
                await project.program(`new buildx.BuildxBuilder("b", { name: unique, use: true });`);
                const inTheWay = join(project.store, path.replace("NAME", project.unique));
                await mkdir(dirname(inTheWay), { recursive: true });
                // A folder where a file is to be, or a file where a folder is to be, in which nothing can be written.
                const isFolder = ["instances", "activity", "defaults"].includes(path);
                if (isFolder) await writeFile(inTheWay, "");
                else await mkdir(join(inTheWay, "in the way"), { recursive: true });
                await project.failing("up");
                assert.deepEqual(await leftovers(project.unique), []);
                assert.deepEqual(await project.state(), []);

                await rm(inTheWay, { recursive: true, force: true });
                await project.up();
                await docker(["buildx", "inspect", project.unique], { env: project.env });
            }),
        );
    }
});
