import { strict as assert } from "node:assert";
import { allOptions } from "../../provider/resources/docker-container/options/groups";
import { docker, inspectContainer } from "../support/docker";
import { build, context } from "../support/image";
import { Project } from "../support/project";

type Found = NonNullable<Awaited<ReturnType<typeof inspectContainer>>>;

/** A change of one builder's arguments: from, to, whether the container stays, and what shows that it was made. */
interface Row {
    from?: object;
    to?: object;
    how: "in place" | "made anew";
    shows?: [(found: Found) => unknown, unknown];
}

/** The same for options of the driver alone. */
const option = (from: object, to: object, how: Row["how"], shows?: Row["shows"]): Row => ({
    from: { driverOpts: from },
    to: { driverOpts: to },
    how,
    ...(shows && { shows }),
});

/** Another name of the image, in which the test's own one stands for the last word. */
const other = "docker.io/moby/buildkit:UNIQUE";

const rows: Record<string, Row> = {
    memory: option({}, { memory: "512m" }, "in place", [(it) => it.HostConfig.Memory, 512 * 1024 ** 2]),
    "more memory": option({ memory: "512m" }, { memory: "2g" }, "in place", [
        (it) => it.HostConfig.Memory,
        2 * 1024 ** 3,
    ]),
    "less memory": option({ memory: "2g", memorySwap: "3g" }, { memory: "1g" }, "in place", [
        (it) => it.HostConfig.MemorySwap,
        2 * 1024 ** 3,
    ]),
    memorySwap: option({ memory: "1g" }, { memory: "1g", memorySwap: "-1" }, "in place", [
        (it) => it.HostConfig.MemorySwap,
        -1,
    ]),
    "memory taken away": option({ memory: "1g" }, {}, "made anew", [(it) => it.HostConfig.Memory, 0]),
    "cpuShares and cpuQuota": option({ cpuShares: 512 }, { cpuShares: 256, cpuQuota: 90000 }, "in place", [
        ({ HostConfig: it }) => [it.CpuShares, it.CpuQuota],
        [256, 90000],
    ]),
    cpuPeriod: option({ cpuQuota: 90000 }, { cpuQuota: 90000, cpuPeriod: 95000 }, "in place", [
        (it) => it.HostConfig.CpuPeriod,
        95000,
    ]),
    "cpusetCpus and cpusetMems": option({ cpusetCpus: "0" }, { cpusetCpus: "0-1", cpusetMems: "0" }, "in place", [
        ({ HostConfig: it }) => [it.CpusetCpus, it.CpusetMems],
        ["0-1", "0"],
    ]),
    "cpusetCpus taken away": option({ cpusetCpus: "0" }, {}, "made anew", [(it) => it.HostConfig.CpusetCpus, ""]),
    restartPolicy: option({}, { restartPolicy: "on-failure:2" }, "in place", [
        (it) => it.HostConfig.RestartPolicy?.MaximumRetryCount,
        2,
    ]),
    "restartPolicy taken back": option({ restartPolicy: "no" }, {}, "in place", [
        (it) => it.HostConfig.RestartPolicy?.Name,
        "unless-stopped",
    ]),
    image: option({}, { image: other }, "made anew", [
        (it) => /^docker.io\/moby\/buildkit:t[0-9a-f]{8}$/.test(it.Config.Image),
        true,
    ]),
    env: option({ env: { A: "1" } }, { env: { A: "2" } }, "made anew", [(it) => it.Config.Env.includes("A=2"), true]),
    network: option({}, { network: "host" }, "made anew", [(it) => it.HostConfig.NetworkMode, "host"]),
    cgroupParent: option({}, { cgroupParent: "/docker/other" }, "made anew", [
        (it) => it.HostConfig.CgroupParent,
        "/docker/other",
    ]),
    defaultLoad: option({}, { defaultLoad: true }, "in place"),
    "provenanceAddGha and allowUntrustedImage": option(
        {},
        { provenanceAddGha: false, allowUntrustedImage: true },
        "in place",
    ),
    buildkitdFlags: {
        to: { buildkitdFlags: ["--debug"] },
        how: "made anew",
        shows: [(it) => it.Config.Cmd[0], "--debug"],
    },
    labels: { to: { labels: { a: "b" } }, how: "made anew", shows: [(it) => it.Config.Labels.a, "b"] },
    platforms: { to: { platforms: ["linux/arm64"] }, how: "in place" },
    "use and timeouts": { to: { use: true, bootTimeout: 30, drainTimeout: 5 }, how: "in place" },
    "keepState taken back": { from: { keepState: true }, to: {}, how: "in place" },
};

describe("a change of each driver option", () => {
    const value = (args: object | undefined, name: string): unknown =>
        (args as { driverOpts?: Record<string, unknown> } | undefined)?.driverOpts?.[name];

    for (const [name, { change }] of allOptions) {
        it(`is tried, and costs what the table says: ${name}, ${change}`, () => {
            const how = change === "recreate" ? "made anew" : "in place";
            const sets = Object.entries(rows).filter(
                ([what, { from, to }]) =>
                    what.split(" and ").includes(name) &&
                    value(to, name) !== undefined &&
                    JSON.stringify(value(from, name)) !== JSON.stringify(value(to, name)),
            );
            const row = `${name}: option({}, { ${name}: … }, "${how}"${change === "record only" ? "" : ", [(it) => it.HostConfig.…, …]"})`;
            assert.ok(sets.length > 0, `${name} has no row: add ${row} to the rows in tests/engine/changes.test.ts`);
            for (const [what, { how: done, shows }] of sets) {
                assert.equal(done, how, `the row "${what}" is not as the table of options says`);
                assert.ok(
                    shows ?? change === "record only",
                    `the row "${what}" does not say what shows ${name}: ${row}`,
                );
            }
        });
    }
});

describe("a change", () => {
    let project: Project;
    const names = () => Object.keys(rows).map((_, index) => `${project.unique}-${index}-`);
    const made = new Map<string, Found>();

    /** All rows' builders at once: what one `pulumi up` does to each does not depend on the others. */
    async function bringTo(which: "from" | "to"): Promise<void> {
        const builders = Object.values(rows).map((row, index) => {
            const name = names()[index] ?? "";
            const args = JSON.stringify(row[which] ?? {});
            return `new buildx.BuildxBuilder("${name}", { state: new buildx.BuildKitState("${name}"), ...${args} });`;
        });
        await project.program(builders.join("\n").replaceAll("UNIQUE", project.unique));
        await project.up();
    }

    const found = async (name: string) => (await inspectContainer(`buildx_buildkit_${name}0`)) ?? assert.fail(name);

    let folder: string;

    before(async () => {
        project = await Project.make();
        folder = await context(project);
        await docker(["tag", "moby/buildkit:buildx-stable-1", `moby/buildkit:${project.unique}`]);
        await bringTo("from");
        for (const name of names()) {
            await build(project, name, folder);
            made.set(name, await found(name));
        }
        await bringTo("to");
    });
    after(async () => {
        await project.remove();
        await docker(["rmi", `moby/buildkit:${project.unique}`]);
    });

    for (const [index, [what, { how, shows }]] of Object.entries(rows).entries()) {
        it(`of ${what} is done ${how} and keeps the cache`, async () => {
            const name = names()[index] ?? "";
            const [was, is] = [made.get(name), await found(name)];
            assert.equal(is.Id === was?.Id ? "in place" : "made anew", how);
            if (how === "in place") assert.equal(is.State.StartedAt, was?.State.StartedAt);
            if (shows) assert.deepEqual(shows[0](is), shows[1]);
            assert.equal((await build(project, name, folder)).cached, 3);
        });
    }

    it("leaves nothing to change, and is in buildx's record", async () => {
        await project.preview("--expect-no-changes");
        await project.refresh("--expect-no-changes");
        const record = async (what: string) => {
            const { Nodes } = await project.record(names()[Object.keys(rows).indexOf(what)] ?? "");
            return (Nodes as Record<string, unknown>[])[0];
        };
        assert.deepEqual((await record("platforms"))?.Platforms, [{ architecture: "arm64", os: "linux" }]);
        assert.deepEqual((await record("defaultLoad"))?.DriverOpts, { "default-load": "true" });
        assert.deepEqual((await record("provenanceAddGha and allowUntrustedImage"))?.DriverOpts, {
            "allow-untrusted-image": "true",
            "provenance-add-gha": "false",
        });
        const used = names()[Object.keys(rows).indexOf("use and timeouts")];
        assert.match(await project.buildx("inspect"), new RegExp(`Name: +${used}\n`));
        await bringTo("from");
        assert.doesNotMatch(await project.buildx("inspect"), new RegExp(`Name: +${used}\n`));
        await project.preview("--expect-no-changes");
    });
});
