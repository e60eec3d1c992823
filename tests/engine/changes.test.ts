import { strict as assert } from "node:assert";
import { allOptions } from "../../provider/resources/docker-container/options/groups";
import { docker, inspectContainer } from "../support/docker";
import { build, context } from "../support/image";
import { builder, resources, state } from "../support/program";
import { Stack } from "../support/stack";
import { containerOf } from "../support/state";

type Found = NonNullable<Awaited<ReturnType<typeof inspectContainer>>>;
type HostConfig = Found["HostConfig"];

/** What exists after a change. */
interface Seen {
    readonly container: Found;
    readonly host: HostConfig;
    /** The node in buildx's record. */
    readonly node: Record<string, unknown>;
    /** The name of buildx's current builder. */
    readonly current: () => Promise<string | undefined>;
}

/** A change of the builder that the previous rows have left. */
interface Row {
    readonly what: string;
    /** The driver options that change. The value `undefined` removes an option. */
    readonly driverOpts?: Readonly<Record<string, unknown>>;
    /** The other arguments that change. */
    readonly others?: Readonly<Record<string, unknown>>;
    /** What happens to the container. */
    readonly how: "in place" | "recreate";
    /** What shows the change, and its value. */
    readonly shows?: readonly [(seen: Seen) => unknown, unknown];
}

const row = (what: string, driverOpts: Row["driverOpts"], how: Row["how"], shows?: Row["shows"]): Row => ({
    ...{ what, how },
    ...(driverOpts && { driverOpts }),
    ...(shows && { shows }),
});

const otherRow = (what: string, others: object, how: Row["how"], shows?: Row["shows"]): Row => ({
    ...row(what, undefined, how, shows),
    others: others as Record<string, unknown>,
});

const gibibyte = 1024 ** 3;

/** The arguments before the first row. UNIQUE stands for the prefix of the test's names. */
const initial = { driverOpts: { env: { A: "1" } } };

const rows: readonly Row[] = [
    row("memory", { memory: "512m" }, "in place", [({ host }) => host.Memory, gibibyte / 2]),
    row("more memory", { memory: "2g" }, "in place", [({ host }) => host.Memory, 2 * gibibyte]),
    row("unlimited memorySwap", { memorySwap: "-1" }, "in place", [({ host }) => host.MemorySwap, -1]),
    row("memorySwap", { memorySwap: "3g" }, "in place", [({ host }) => host.MemorySwap, 3 * gibibyte]),
    row("less memory and the default memorySwap", { memory: "1g", memorySwap: undefined }, "in place", [
        ({ host }) => [host.Memory, host.MemorySwap],
        [gibibyte, 2 * gibibyte],
    ]),
    row("removed memory", { memory: undefined }, "recreate", [({ host }) => host.Memory, 0]),
    row("cpuShares", { cpuShares: 512 }, "in place", [({ host }) => host.CpuShares, 512]),
    row("cpuShares and cpuQuota", { cpuShares: 256, cpuQuota: 90000 }, "in place", [
        ({ host }) => [host.CpuShares, host.CpuQuota],
        [256, 90000],
    ]),
    row("cpuPeriod", { cpuPeriod: 95000 }, "in place", [({ host }) => host.CpuPeriod, 95000]),
    row("cpusetCpus", { cpusetCpus: "0" }, "in place", [({ host }) => host.CpusetCpus, "0"]),
    row("cpusetCpus and cpusetMems", { cpusetCpus: "0-1", cpusetMems: "0" }, "in place", [
        ({ host }) => [host.CpusetCpus, host.CpusetMems],
        ["0-1", "0"],
    ]),
    row("removed cpusetCpus", { cpusetCpus: undefined }, "recreate", [({ host }) => host.CpusetCpus, ""]),
    row("restartPolicy", { restartPolicy: "on-failure:2" }, "in place", [
        ({ host }) => host.RestartPolicy?.MaximumRetryCount,
        2,
    ]),
    row("restartPolicy to no", { restartPolicy: "no" }, "in place", [({ host }) => host.RestartPolicy?.Name, "no"]),
    row("removed restartPolicy", { restartPolicy: undefined }, "in place", [
        ({ host }) => host.RestartPolicy?.Name,
        "unless-stopped",
    ]),
    row("image", { image: "docker.io/moby/buildkit:UNIQUE" }, "recreate", [
        ({ container }) => /^docker.io\/moby\/buildkit:t[0-9a-f]{8}$/.test(container.Config.Image),
        true,
    ]),
    row("env", { env: { A: "2" } }, "recreate", [({ container }) => container.Config.Env.includes("A=2"), true]),
    row("network", { network: "host" }, "recreate", [({ host }) => host.NetworkMode, "host"]),
    row("cgroupParent", { cgroupParent: "/docker/other" }, "recreate", [
        ({ host }) => host.CgroupParent,
        "/docker/other",
    ]),
    otherRow("buildkitdFlags", { buildkitdFlags: ["--debug"] }, "recreate", [
        ({ container }) => container.Config.Cmd[0],
        "--debug",
    ]),
    otherRow("labels", { labels: { a: "b" } }, "recreate", [({ container }) => container.Config.Labels.a, "b"]),
    row("defaultLoad", { defaultLoad: true }, "in place", [
        ({ node }) => (node.DriverOpts as Record<string, string>)["default-load"],
        "true",
    ]),
    row(
        "provenanceAddGha and allowUntrustedImage",
        { provenanceAddGha: false, allowUntrustedImage: true },
        "in place",
        [
            ({ node }) => {
                const options = node.DriverOpts as Record<string, string>;
                return [options["provenance-add-gha"], options["allow-untrusted-image"]];
            },
            ["false", "true"],
        ],
    ),
    otherRow("platforms", { platforms: ["linux/arm64"] }, "in place", [
        ({ node }) => node.Platforms,
        [{ architecture: "arm64", os: "linux" }],
    ]),
    otherRow("use and timeouts", { use: true, bootTimeout: 30, drainTimeout: 5 }, "in place", [
        async ({ current }) => /^t[0-9a-f]{8}$/.test((await current()) ?? ""),
        true,
    ]),
    otherRow(
        "removed use and timeouts",
        { use: undefined, bootTimeout: undefined, drainTimeout: undefined },
        "in place",
        [async ({ current }) => /^t[0-9a-f]{8}$/.test((await current()) ?? ""), false],
    ),
    otherRow("keepState", { keepState: true }, "in place"),
    otherRow("removed keepState", { keepState: undefined }, "in place"),
];

/** Returns the arguments after a number of rows. */
const argsAfter = (count: number): object =>
    rows.slice(0, count).reduce(
        (args, { driverOpts, others }) => ({
            ...args,
            ...others,
            driverOpts: { ...args.driverOpts, ...driverOpts },
        }),
        initial,
    );

describe("a change of each driver option", () => {
    for (const [name, { change }] of allOptions) {
        it(`is tested, and does what the table says: ${name}, ${change}`, () => {
            const how = change === "recreate" ? "recreate" : "in place";
            const sets = rows.filter(({ driverOpts }) => driverOpts?.[name] !== undefined);
            const shown = change === "record only" ? "({ node }) => …" : "({ host }) => host.…";
            const example = `row("${name}", { ${name}: … }, "${how}", [${shown}, …])`;
            assert.ok(
                sets.length > 0,
                `${name} has no row: add ${example} to the rows in tests/engine/changes.test.ts`,
            );
            for (const each of sets) {
                assert.equal(each.how, how, `the row "${each.what}" is not as the table of options says`);
                assert.ok(each.shows, `the row "${each.what}" does not say what shows ${name}: ${example}`);
            }
        });
    }
});

describe("a change", () => {
    let stack: Stack;
    let folder: string;
    /** The number of rows that the builder has gone through. */
    let done: number;

    async function goTo(count: number): Promise<void> {
        const { unique } = stack;
        const args = JSON.parse(JSON.stringify(argsAfter(count)).replaceAll("UNIQUE", unique)) as object;
        const cache = state({ builderName: unique });
        await stack.program(resources({ cache, b: builder({ state: "${cache}", ...args }) }));
        await stack.up();
        done = count;
    }

    async function see(): Promise<Seen> {
        const container = (await inspectContainer(containerOf(stack.unique))) ?? assert.fail("no container");
        const { Nodes } = await stack.record(stack.unique);
        const current = async () => /^Name: +(\S+)$/m.exec(await stack.buildx("inspect"))?.[1];
        const [node = {}] = Nodes as Record<string, unknown>[];
        return { container, host: container.HostConfig, node, current };
    }

    before(async () => {
        stack = await Stack.make();
        folder = await context(stack);
        await docker(["tag", "moby/buildkit:buildx-stable-1", `moby/buildkit:${stack.unique}`]);
        await goTo(0);
        await build(stack, stack.unique, folder);
    });
    after(async () => {
        await stack.remove();
        await docker(["rmi", `moby/buildkit:${stack.unique}`]);
    });

    for (const [index, { what, how, shows }] of rows.entries()) {
        const does = how === "in place" ? "is made in place" : "recreates the container and keeps the cache";
        it(`of ${what} ${does}, and nothing else changes afterwards`, async () => {
            if (done !== index) await goTo(index); // the rows before it did not run
            const { container: before } = await see();
            await goTo(index + 1);
            assert.deepEqual(stack.steps, { b: "update" });
            const seen = await see();
            const { Id, State } = seen.container;
            assert.equal(Id === before.Id ? "in place" : "recreate", how);
            if (how === "in place") assert.equal(State.StartedAt, before.State.StartedAt);
            else assert.equal((await build(stack, stack.unique, folder)).cached, 3);
            if (shows) assert.deepEqual(await shows[0](seen), shows[1]);
            await stack.preview("--expect-no-changes");
            await stack.refresh("--expect-no-changes");
        });
    }
});
