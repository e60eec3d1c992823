import { strict as assert } from "node:assert";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectContainer } from "../support/docker";
import { build, context } from "../support/image";
import { type Project, withProject } from "../support/project";

/** One of several builders, on which one thing happens. */
interface Subject {
    name: string;
    container: string;
    record: string;
    project: Project;
}

const subject = (project: Project, name: string): Subject => ({
    name,
    container: `buildx_buildkit_${name}0`,
    record: join(project.store, "instances", name),
    project,
});

/** What may happen to a builder behind Pulumi's back. */
const happened: Record<string, { happen: (it: Subject) => Promise<unknown>; loses?: "cache" }> = {
    "its container is removed": { happen: ({ container }) => docker(["rm", "--force", container]) },
    "its container is stopped": { happen: ({ container }) => docker(["stop", container]) },
    "its container is paused": { happen: ({ container }) => docker(["pause", container]) },
    "its memory is limited by hand": {
        happen: ({ container }) => docker(["update", "--memory", "1g", "--memory-swap", "2g", container]),
    },
    "its processors and restart policy are changed by hand": {
        happen: ({ container }) => docker(["update", "--cpu-shares", "99", "--restart", "no", container]),
    },
    "its record is removed": { happen: ({ record }) => rm(record) },
    "buildx removed all but its volume": { happen: ({ project, name }) => project.buildx("rm", "--keep-state", name) },
    "its record is edited": {
        happen: async ({ record }) => {
            const text = await readFile(record, "utf8");
            await writeFile(record, text.replace('"env.A":"1"', '"env.A":"2"'));
        },
    },
    "its container and volume are removed": {
        happen: async ({ container }) => {
            await docker(["rm", "--force", container]);
            await docker(["volume", "rm", `${container}_state`]);
        },
        loses: "cache",
    },
    "its record is broken": { happen: ({ record }) => writeFile(record, "{") },
};

const options = 'driverOpts: { env: { A: "1" }, cpuShares: 512 }';

/** Builders with a volume of their own and builders on a state, in turns. */
const manyBuilders = (names: string[]) =>
    names
        .map((name, index) =>
            index % 2 === 0
                ? `new buildx.BuildxBuilder("${name}", { name: "${name}", ${options} });`
                : `new buildx.BuildxBuilder("${name}", { state: new buildx.BuildKitState("${name}"), ${options} });`,
        )
        .join("\n");

const own = `exports.status = new buildx.BuildxBuilder("b", { name: unique, ${options} }).status;`;
const container = (project: Project) => `buildx_buildkit_${project.unique}0`;

describe("a drift", () => {
    it(
        `is seen, mended and over where ${Object.keys(happened).join("; where ")}`,
        withProject(async (project) => {
            const cases = Object.values(happened);
            const subjects = cases.map((_, index) => subject(project, `${project.unique}-${index}-`));
            await project.program(manyBuilders(subjects.map(({ name }) => name)));
            await project.up();
            const folder = await context(project);
            for (const { name } of subjects) await build(project, name, folder);
            for (const [index, it] of subjects.entries()) await cases[index]?.happen(it);

            await project.refresh();
            // A builder of which nothing is left but the state that it worked on is made anew, all others are mended.
            const seen = await project.failing("preview", "--expect-no-changes");
            for (const { name } of subjects) {
                assert.match(seen, new RegExp(`BuildxBuilder ${name} +(update|create)`), name);
            }
            await project.up();
            await project.preview("--expect-no-changes");
            await project.refresh("--expect-no-changes");
            await project.preview("--expect-no-changes");
            for (const [index, { name, container }] of subjects.entries()) {
                const { cached } = await build(project, name, folder);
                assert.equal(cached, cases[index]?.loses === "cache" ? 0 : 3, Object.keys(happened)[index]);
                const found = await inspectContainer(container);
                assert.deepEqual(
                    [found?.HostConfig.Memory, found?.HostConfig.CpuShares, found?.HostConfig.RestartPolicy?.Name],
                    [0, 512, "unless-stopped"],
                );
            }
        }),
    );

    it(
        "is shown with what it is now",
        withProject(async (project) => {
            await project.program(own);
            await project.up();
            await docker(["update", "--memory", "1g", "--memory-swap", "2g", container(project)]);
            const { output } = await project.refresh("--diff");
            assert.match(output, /\+ memory *: "1g"/);
            await docker(["stop", container(project)]);
            assert.match((await project.refresh("--diff")).output, /~ status *: "running" => "stopped"/);
        }),
    );

    it(
        "that leaves nothing takes the builder out of the state",
        withProject(async (project) => {
            await project.program(own);
            await project.up();
            await project.buildx("rm", project.unique);
            await project.refresh();
            assert.deepEqual(await project.state(), []);
            await project.up();
            await project.preview("--expect-no-changes");
        }),
    );

    it(
        "is none because of another builder's broken record",
        withProject(async (project) => {
            await mkdir(join(project.store, "instances"), { recursive: true });
            await writeFile(join(project.store, "instances", "broken"), "{");
            await project.program(own);
            await project.up();
            await project.refresh("--expect-no-changes");
            await project.preview("--expect-no-changes");
            await project.destroy();
            assert.deepEqual(await project.records(), ["broken"]);
        }),
    );
});

describe("another machine", () => {
    it(
        "sees without a refresh that its record is missing, and writes it, taking turns with the first one",
        withProject(async (project) => {
            await project.program(own);
            await project.up();
            const made = await inspectContainer(container(project));
            const first = project.env.BUILDX_CONFIG;
            const second = join(project.folder, "second machine");

            project.env.BUILDX_CONFIG = second;
            assert.match(await project.failing("preview", "--expect-no-changes"), /1 to update/);
            await project.up();
            await project.preview("--expect-no-changes");
            assert.match(await project.buildx("ls"), new RegExp(`${project.unique}0 .*running`));

            for (const store of [first, second]) {
                project.env.BUILDX_CONFIG = store;
                await project.refresh("--expect-no-changes");
                await project.preview("--expect-no-changes");
            }
            const found = await inspectContainer(container(project));
            assert.deepEqual([found?.Id, found?.State.StartedAt], [made?.Id, made?.State.StartedAt]);
        }),
    );
});
