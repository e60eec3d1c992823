import { strict as assert } from "node:assert";
import { docker, inspectContainer } from "../support/docker";
import { build, context } from "../support/image";
import { Project } from "../support/project";

const container = (project: Project) => `buildx_buildkit_${project.unique}0`;

/** A builder with these arguments, as the program of a project. */
const program = (args: object) => `
    const state = new buildx.BuildKitState("cache", { builderName: unique });
    exports.status = new buildx.BuildxBuilder("builder", { state, ...${JSON.stringify(args)} }).status;`;

/** What is changed, the arguments from then on, whether the container is the same one, and what shows the change. */
const rows: [string, object, "in place" | "made anew", (found: NonNullable<Found>) => unknown, unknown][] = [
    ["memory", { memory: "512m" }, "in place", (it) => it.HostConfig.Memory, 512 * 1024 ** 2],
    ["more memory", { memory: "2g" }, "in place", (it) => it.HostConfig.Memory, 2 * 1024 ** 3],
    ["memorySwap", { memory: "2g", memorySwap: "-1" }, "in place", (it) => it.HostConfig.MemorySwap, -1],
    ["memory and swap taken away", {}, "made anew", (it) => it.HostConfig.Memory, 0],
    ["cpuShares and cpuQuota", { cpuShares: 512, cpuQuota: 90000 }, "in place", (it) => it.HostConfig.CpuQuota, 90000],
    [
        "cpuPeriod",
        { cpuShares: 512, cpuQuota: 90000, cpuPeriod: 95000 },
        "in place",
        (it) => it.HostConfig.CpuPeriod,
        95000,
    ],
    ["cpuset", { cpusetCpus: "0", cpusetMems: "0" }, "made anew", (it) => it.HostConfig.CpusetCpus, "0"],
    ["cpusetCpus", { cpusetCpus: "0-1", cpusetMems: "0" }, "in place", (it) => it.HostConfig.CpusetCpus, "0-1"],
    ["cpuset taken away", {}, "made anew", (it) => it.HostConfig.CpusetCpus, ""],
    [
        "restartPolicy",
        { restartPolicy: "on-failure:2" },
        "in place",
        (it) => it.HostConfig.RestartPolicy?.MaximumRetryCount,
        2,
    ],
    ["restartPolicy taken back", {}, "in place", (it) => it.HostConfig.RestartPolicy?.Name, "unless-stopped"],
    [
        "image",
        { image: "docker.io/moby/buildkit:v0.34.2" },
        "made anew",
        (it) => it.Config.Image,
        "docker.io/moby/buildkit:v0.34.2",
    ],
    ["env", { env: { A: "1" } }, "made anew", (it) => it.Config.Env.includes("A=1"), true],
    ["network", { env: { A: "1" }, network: "host" }, "made anew", (it) => it.HostConfig.NetworkMode, "host"],
    [
        "cgroupParent",
        { cgroupParent: "/docker/other" },
        "made anew",
        (it) => it.HostConfig.CgroupParent,
        "/docker/other",
    ],
    ["defaultLoad", { cgroupParent: "/docker/other", defaultLoad: true }, "in place", () => 0, 0],
];
type Found = Awaited<ReturnType<typeof inspectContainer>>;

describe("a change", () => {
    let project: Project;
    let folder: string;

    before(async () => {
        project = await Project.make();
        folder = await context(project);
        await project.program(program({}));
        await project.up();
        await build(project, project.unique, folder);
        await docker(["tag", "moby/buildkit:buildx-stable-1", "moby/buildkit:v0.34.2"]);
    });
    after(() => project.remove());

    async function changes(args: object, how: "in place" | "made anew"): Promise<NonNullable<Found>> {
        const before = await inspectContainer(container(project));
        await project.program(program(args));
        await project.up();
        const after = await inspectContainer(container(project));
        assert.ok(before && after);
        assert.equal(after.Id === before.Id ? "in place" : "made anew", how);
        if (how === "in place") assert.equal(after.State.StartedAt, before.State.StartedAt);
        assert.equal((await build(project, project.unique, folder)).cached, 3);
        return after;
    }

    for (const [what, driverOpts, how, shown, value] of rows) {
        it(`of ${what} is done ${how} and keeps the cache`, async () => {
            const after = await changes({ driverOpts }, how);
            assert.deepEqual(shown(after), value);
            assert.deepEqual(await project.outputs(), { status: "running" });
        });
    }

    it("of buildkitdFlags and of labels makes the container anew and keeps the cache", async () => {
        assert.ok((await changes({ buildkitdFlags: ["--debug"] }, "made anew")).Config.Cmd.includes("--debug"));
        const { Config: config } = await changes({ buildkitdFlags: ["--debug"], labels: { a: "b" } }, "made anew");
        assert.equal(config.Labels.a, "b");
        await project.preview("--expect-no-changes");
        await project.refresh("--expect-no-changes");
    });

    it("of platforms, use and timeouts touches the records alone", async () => {
        const args = { buildkitdFlags: ["--debug"], labels: { a: "b" } };
        await changes({ ...args, platforms: ["linux/arm64"], use: true, bootTimeout: 30, drainTimeout: 5 }, "in place");
        const { Nodes: nodes } = (await project.record(project.unique)) as { Nodes: { Platforms: unknown }[] };
        assert.deepEqual(nodes[0]?.Platforms, [{ architecture: "arm64", os: "linux" }]);
        assert.match(await project.buildx("inspect"), new RegExp(`Name: +${project.unique}\n`));
        await changes(args, "in place");
        assert.doesNotMatch(await project.buildx("inspect"), new RegExp(`Name: +${project.unique}\n`));
    });
});
