import { strict as assert } from "node:assert";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectContainer } from "../support/docker";
import { build, context } from "../support/image";
import { builder, resources, state, type YamlProgram, type YamlResource } from "../support/program";
import { withProject } from "../support/project";
import { type Stack, withStack } from "../support/stack";
import { containerOf, volumeOf } from "../support/state";

/** One of several builders. One thing happens to each. */
interface Subject {
    readonly name: string;
    readonly container: string;
    readonly record: string;
    readonly stack: Stack;
}

const subject = (stack: Stack, name: string): Subject => ({
    name,
    container: containerOf(name),
    record: join(stack.store, "instances", name),
    stack,
});

interface Case {
    readonly happen: (it: Subject) => Promise<unknown>;
    /** Whether the cache is lost with the volume. */
    readonly losesCache?: true;
    /** Whether only buildx's record differs, which is not part of the outputs. */
    readonly isOfRecord?: true;
}

/** What can happen to a builder outside of Pulumi. */
const cases: Record<string, Case> = {
    "its container is removed": { happen: ({ container }) => docker(["rm", "--force", container]) },
    "its container is stopped": { happen: ({ container }) => docker(["stop", container]) },
    "its container is paused": { happen: ({ container }) => docker(["pause", container]) },
    "its memory is limited by hand": {
        happen: ({ container }) => docker(["update", "--memory", "1g", "--memory-swap", "2g", container]),
    },
    "its CPU shares and restart policy are changed by hand": {
        happen: ({ container }) => docker(["update", "--cpu-shares", "99", "--restart", "no", container]),
    },
    "its record is removed": { happen: ({ record }) => rm(record), isOfRecord: true },
    "buildx removes everything but its volume": {
        happen: ({ stack, name }) => stack.buildx("rm", "--keep-state", name),
    },
    "its record is edited": {
        happen: async ({ record }) => {
            const text = await readFile(record, "utf8");
            await writeFile(record, text.replace('"env.A":"1"', '"env.A":"2"'));
        },
        isOfRecord: true,
    },
    "its container and volume are removed": {
        happen: async ({ container, name }) => {
            await docker(["rm", "--force", container]);
            await docker(["volume", "rm", volumeOf(name)]);
        },
        losesCache: true,
    },
    "its record is broken": { happen: ({ record }) => writeFile(record, "{"), isOfRecord: true },
};

const args = { driverOpts: { env: { A: "1" }, cpuShares: 512 } };

/** Builders that have their own volume, alternating with builders that use a state. */
const manyBuilders = (names: readonly string[]): YamlProgram => {
    const all = names.flatMap((name, index): [string, YamlResource][] =>
        index % 2 === 0
            ? [[name, builder({ name, ...args })]]
            : [
                  [`${name}state`, state({ builderName: name })],
                  [name, builder({ state: `\${${name}state}`, ...args })],
              ],
    );
    return resources(Object.fromEntries(all));
};

const oneBuilder = ({ unique }: Stack): YamlProgram => resources({ b: builder({ name: unique, ...args }) });

describe("drift of a builder", () => {
    it(
        `is found and fixed if ${Object.keys(cases).join("; if ")}`,
        withStack(async (stack) => {
            const subjects = Object.entries(cases).map(([what, one], index) => ({
                ...{ ...one, what, it: subject(stack, `${stack.unique}-${index}-`) },
            }));
            const updates = (some: typeof subjects) => Object.fromEntries(some.map(({ it }) => [it.name, "update"]));
            await stack.program(manyBuilders(subjects.map(({ it }) => it.name)));
            await stack.up();
            const folder = await context(stack);
            await Promise.all(subjects.map(({ it }) => build(stack, it.name, folder)));
            await Promise.all(subjects.map(({ it, happen }) => happen(it)));

            await stack.refresh();
            assert.deepEqual(stack.steps, updates(subjects.filter(({ isOfRecord }) => !isOfRecord)));
            await stack.preview();
            assert.deepEqual(stack.steps, updates(subjects));
            await stack.up();
            assert.deepEqual(stack.steps, updates(subjects));
            await stack.preview("--expect-no-changes");
            await stack.refresh("--expect-no-changes");
            await stack.preview("--expect-no-changes");
            await Promise.all(
                subjects.map(async ({ what, losesCache, it }) => {
                    const { cached } = await build(stack, it.name, folder);
                    assert.equal(cached, losesCache ? 0 : 3, what);
                    const { Memory, CpuShares, RestartPolicy } =
                        (await inspectContainer(it.container))?.HostConfig ?? {};
                    assert.deepEqual([Memory, CpuShares, RestartPolicy?.Name], [0, 512, "unless-stopped"], what);
                }),
            );
        }),
    );

    it(
        "is shown by Pulumi with what exists now",
        withProject(async (project) => {
            const container = containerOf(project.unique);
            await project.program(`new buildx.BuildxBuilder("b", { name: unique, ...${JSON.stringify(args)} });`);
            await project.up();
            await docker(["update", "--memory", "1g", "--memory-swap", "2g", container]);
            await docker(["stop", container]);
            const { output } = await project.refresh("--diff");
            assert.match(output, /\+ memory *: "1g"/);
            assert.match(output, /~ status *: "running" => "stopped"/);
        }),
    );

    it(
        "that leaves nothing removes the builder from the state",
        withStack(async (stack) => {
            await stack.program(oneBuilder(stack));
            await stack.up();
            await stack.buildx("rm", stack.unique);
            await stack.refresh();
            assert.deepEqual(stack.steps, { b: "delete" });
            assert.deepEqual(await stack.state(), []);
            await stack.up();
            assert.deepEqual(stack.steps, { b: "create" });
            await stack.preview("--expect-no-changes");
        }),
    );

    it(
        "does not include the broken record of another builder",
        withStack(async (stack) => {
            await mkdir(join(stack.store, "instances"), { recursive: true });
            await writeFile(join(stack.store, "instances", "broken"), "{");
            await stack.program(oneBuilder(stack));
            await stack.up();
            await stack.refresh("--expect-no-changes");
            await stack.preview("--expect-no-changes");
            await stack.destroy();
            assert.deepEqual(await stack.records(), ["broken"]);
        }),
    );
});

describe("a second machine", () => {
    it(
        "finds without a refresh that its record is missing, and writes the record, alternating with the first machine",
        withStack(async (stack) => {
            await stack.program(oneBuilder(stack));
            await stack.up();
            const created = await inspectContainer(containerOf(stack.unique));
            const first = stack.env.BUILDX_CONFIG;
            const second = join(stack.folder, "second machine");

            stack.env.BUILDX_CONFIG = second;
            await stack.preview();
            assert.deepEqual(stack.steps, { b: "update" });
            await stack.up();
            await stack.preview("--expect-no-changes");
            assert.match(await stack.buildx("ls"), new RegExp(`${stack.unique}0 .*running`));

            for (const store of [first, second]) {
                stack.env.BUILDX_CONFIG = store;
                await stack.refresh("--expect-no-changes");
                await stack.preview("--expect-no-changes");
            }
            const found = await inspectContainer(containerOf(stack.unique));
            assert.deepEqual([found?.Id, found?.State.StartedAt], [created?.Id, created?.State.StartedAt]);
        }),
    );
});
