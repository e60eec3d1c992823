import { strict as assert } from "node:assert";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectContainer } from "../support/docker";
import { build, context } from "../support/image";
import { type Project, withProject } from "../support/project";

const container = (project: Project) => `buildx_buildkit_${project.unique}0`;

const record = (project: Project) => join(project.store, "instances", project.unique);

/** What may happen to a builder behind Pulumi's back. */
const happened: Record<string, { happen: (project: Project) => Promise<unknown>; loses?: "cache" }> = {
    "its container is removed": { happen: (project) => docker(["rm", "--force", container(project)]) },
    "its container is stopped": { happen: (project) => docker(["stop", container(project)]) },
    "its memory is limited by hand": {
        happen: (project) => docker(["update", "--memory", "1g", "--memory-swap", "2g", container(project)]),
    },
    "its processors and restart policy are changed by hand": {
        happen: (project) => docker(["update", "--cpu-shares", "99", "--restart", "no", container(project)]),
    },
    "its record is removed": { happen: (project) => rm(record(project)) },
    "its record is edited": {
        happen: async (project) => {
            const text = await readFile(record(project), "utf8");
            await writeFile(record(project), text.replace('"env.A":"1"', '"env.A":"2"'));
        },
    },
    "its record is broken": { happen: (project) => writeFile(record(project), "{") },
    "its container and volume are removed": {
        happen: async (project) => {
            await docker(["rm", "--force", container(project)]);
            await docker(["volume", "rm", `${container(project)}_state`]);
        },
        loses: "cache",
    },
};

const own = `exports.status = new buildx.BuildxBuilder("b", { name: unique, driverOpts: { env: { A: "1" }, cpuShares: 512 } }).status;`;
const onState = own.replace("name: unique", 'state: new buildx.BuildKitState("cache", { builderName: unique })');

describe("a drift", () => {
    for (const [index, [what, { happen, loses }]] of Object.entries(happened).entries()) {
        it(
            `is seen, mended and over where ${what}`,
            withProject(async (project) => {
                await project.program(index % 2 === 0 ? own : onState);
                await project.up();
                const folder = await context(project);
                await build(project, project.unique, folder);
                await happen(project);

                await project.refresh();
                assert.match(await project.failing("preview", "--expect-no-changes"), /(to update|to create)/);
                await project.up();
                assert.equal((await build(project, project.unique, folder)).cached, loses === "cache" ? 0 : 3);
                await project.preview("--expect-no-changes");
                await project.refresh("--expect-no-changes");
                await project.preview("--expect-no-changes");
                assert.deepEqual(await project.outputs(), { status: "running" });
                const found = await inspectContainer(container(project));
                assert.deepEqual(
                    [found?.HostConfig.Memory, found?.HostConfig.CpuShares, found?.HostConfig.RestartPolicy?.Name],
                    [0, 512, "unless-stopped"],
                );
            }),
        );
    }

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

            for (const store of [first, second, first, second]) {
                project.env.BUILDX_CONFIG = store;
                await project.preview("--expect-no-changes");
                await project.refresh("--expect-no-changes");
            }
            const found = await inspectContainer(container(project));
            assert.deepEqual([found?.Id, found?.State.StartedAt], [made?.Id, made?.State.StartedAt]);
        }),
    );
});
