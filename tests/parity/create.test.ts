/**
 * Creates each builder twice, with `docker buildx create --bootstrap` and with the resource, for each option alone and for
 * all options together. Compares the records, the containers and the output of buildx, builds on both, and imports what
 * buildx created.
 */
import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { allOptions } from "../../provider/resources/docker-container/options/groups";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { imported } from "../support/imported";
import { builder, resources } from "../support/program";
import { inTurns } from "../support/run";
import { Stack } from "../support/stack";
import { containerOf } from "../support/state";
import { cases } from "./cases";

/** What differs between any two containers, or intentionally between the resource's containers and buildx's. */
const differsByNature: Record<string, string> = {
    Id: "each container has its own",
    Created: "they are created one after the other",
    State: "each has its own process and times; the test checks separately that both run",
    ResolvConfPath: "is in a folder that is named after the id",
    HostnamePath: "is in a folder that is named after the id",
    HostsPath: "is in a folder that is named after the id",
    LogPath: "is in a folder that is named after the id",
    GraphDriver: "each has its own layers",
    ExecIDs: "what runs in the container at that moment",
    NetworkSettings: "each has its own address and sandbox; the network is compared in HostConfig",
    "Config.Hostname": "is the id",
    "Config.Labels": "the resource's label names its owner; the test checks separately that there is no other label",
    "Config.Env": "compared without order, because the order of buildx is random",
};

describe("each driver option is compared with docker buildx create", () => {
    const sets = (what: string, name: string, spelling: string): boolean => {
        const { cli = [], args = {} } = cases[what] ?? {};
        const isAsked = Object.keys(args.driverOpts ?? {}).includes(name);
        return (
            isAsked && cli.some((text) => ["=", "."].some((end) => text.replace(/^"/, "").startsWith(spelling + end)))
        );
    };

    for (const [name, { buildx: spelling }] of allOptions) {
        it(`${name}, alone and together with all others`, () => {
            const own = Object.keys(cases).filter((what) => what === spelling || what.startsWith(`${spelling} `));
            assert.ok(
                own.some((what) => sets(what, name, spelling)),
                `${name} has no case: add "${spelling}": { cli: option("${spelling}=…"), args: { driverOpts: { ${name}: … } } } ` +
                    "to the cases in tests/parity/cases.ts",
            );
            assert.ok(
                sets("all together", name, spelling),
                `${name} is not in the case "all together": add option("${spelling}=…") and ${name} to it`,
            );
        });
    }
});

describe("parity with docker buildx create --bootstrap", () => {
    let stack: Stack;
    let network: string;
    let neighbour: string;
    let folder: string;
    const fill = (text: string) => text.replaceAll("NETWORK", network).replaceAll("NEIGHBOUR", neighbour);
    const names = (index: number) => ({ ours: `${stack.unique}o${index}-`, theirs: `${stack.unique}t${index}-` });

    before("both builders of each case are created", async () => {
        stack = await Stack.make();
        network = `${stack.unique}-network`;
        await docker(["network", "create", network]);
        neighbour = `${stack.unique}-neighbour`;
        await docker(["run", "--detach", "--privileged", "--name", neighbour, "moby/buildkit:buildx-stable-1"]);
        folder = await context(stack, "FROM scratch\nCOPY busybox /bin/sh\n");
        const all = Object.values(cases);
        const builders = all.map(({ args }, index) => {
            const filled = JSON.parse(fill(JSON.stringify(args))) as object;
            return [`b${index}`, builder({ name: names(index).ours, ...filled })] as const;
        });
        await stack.program(resources(Object.fromEntries(builders)));
        await stack.up();
        await inTurns(all, async ({ cli }, index) => {
            const create = ["create", "--name", names(index).theirs, "--driver", "docker-container", "--bootstrap"];
            await stack.buildx(...create, ...cli.map(fill));
        });
    });

    after(async () => {
        const containers = await docker(["ps", "--all", "--quiet", "--filter", `name=${stack.unique}`]);
        await docker(["rm", "--force", "--volumes", ...containers.split("\n").filter(Boolean)]);
        await docker(["network", "rm", network]);
        await stack.remove();
    });

    for (const [index, [what, { args }]] of Object.entries(cases).entries()) {
        it(`of ${what}, whose import gives the arguments`, async () => {
            const { ours, theirs } = names(index);
            const asTheirs = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll(ours, theirs));

            const [ourRecord, theirRecord] = await Promise.all([stack.record(ours), stack.record(theirs)]);
            assert.deepEqual(asTheirs(ourRecord), theirRecord);
            assert.deepEqual(Object.keys(ourRecord), Object.keys(theirRecord));

            const [our, their] = await Promise.all([ours, theirs].map((name) => inspectContainer(containerOf(name))));
            assert.ok(our && their);
            assert.ok(our.State.Running && their.State.Running);
            assert.deepEqual(asTheirs(comparable(our)), comparable(their));
            assert.deepEqual([...our.Config.Env].sort(), [...their.Config.Env].sort());
            assert.deepEqual(their.Config.Labels, {});
            assert.deepEqual(Object.keys(our.Config.Labels).sort(), [
                "io.github.pulumi-buildx.store",
                "io.github.pulumi-buildx.urn",
            ]);

            const [ourView = "", theirView] = await Promise.all([ours, theirs].map(seenByBuildx));
            assert.equal(ourView.replaceAll(ours, theirs), theirView);
            await Promise.all([ours, theirs].map((name) => build(stack, name, folder)));

            const { id, inputs } = await imported(stack, theirs.toUpperCase());
            assert.equal(id, theirs);
            const { platforms, ...others } = JSON.parse(fill(JSON.stringify(args))) as Record<string, unknown[]>;
            const { platforms: found, ...rest } = inputs as Record<string, unknown[]>;
            assert.deepEqual(rest, { name: theirs, ...others });
            assert.deepEqual(found?.length, platforms?.length);
        });
    }

    it("of all cases: preview, refresh and another preview find no change", async () => {
        await stack.preview("--expect-no-changes");
        await stack.refresh("--expect-no-changes");
        await stack.preview("--expect-no-changes");
    });

    it("of a stopped builder of a stack: buildx boots the builder and removes it", async () => {
        const { ours } = names(0);
        await docker(["stop", containerOf(ours)]);
        assert.match(await stack.buildx("inspect", "--bootstrap", ours), /Status: +running/);
        await build(stack, ours, folder);
        await stack.buildx("rm", ours);
        assert.equal(await inspectContainer(containerOf(ours)), undefined);
        await assert.rejects(stack.record(ours));
    });

    it("of the context of a GitHub Actions run, for provenance attestations", async () => {
        const event = join(stack.folder, "event.json");
        await writeFile(event, JSON.stringify({ action: "opened", number: 7 }));
        const env = {
            GITHUB_ACTIONS: "true",
            GITHUB_EVENT_NAME: "pull_request",
            GITHUB_EVENT_PATH: event,
            GITHUB_ACTOR: "someone",
            GITHUB_ACTOR_ID: "1",
            GITHUB_TRIGGERING_ACTOR: "someone",
            GITHUB_REF: "refs/heads/main", // alone, so that its group is left out
            ImageOS: "ubuntu24",
            ImageVersion: "1.0",
            RUNNER_OS: "Linux",
            RUNNER_ARCH: "X64",
            RUNNER_ENVIRONMENT: "github-hosted",
            RUNNER_NAME: "runner 1",
            RUNNER_TRACKING_ID: "github_1",
        };
        Object.assign(stack.env, env);
        const { ours, theirs } = names(99);
        await stack.program(resources({ gha: builder({ name: ours }) }));
        await stack.up();
        await stack.buildx("create", "--name", theirs, "--driver", "docker-container", "--bootstrap");
        const [our, their] = await Promise.all(
            [ours, theirs].map(async (name) => {
                const copy = join(stack.folder, name);
                const path = "/etc/buildkit/provenance.d/github_actions_context.json";
                await docker(["cp", `${containerOf(name)}:${path}`, copy]);
                return readFile(copy, "utf8");
            }),
        );
        assert.equal(our, their);
        await stack.preview("--expect-no-changes");
    });

    it("of all cases: destroy leaves nothing", async () => {
        await stack.destroy();
        assert.deepEqual(await leftovers(`${stack.unique}o`), []);
    });

    /** Returns the output of `docker buildx inspect`, without the time of the last use and the worker's host name. */
    async function seenByBuildx(name: string): Promise<string> {
        const text = await stack.buildx("inspect", name);
        return text
            .split("\n")
            .filter((line) => !/^Last Activity:|worker\.hostname:/.test(line.trim()))
            .map((line) =>
                line.startsWith("Driver Options:") ? (line.match(/\S+="[^"]*"/g) ?? []).sort().join() : line,
            ) // their order is random
            .join("\n");
    }
});

/** A container's inspection without what differs by nature. */
function comparable(container: object): unknown {
    const copy = structuredClone(container) as Record<string, unknown>;
    for (const path of Object.keys(differsByNature)) {
        const [key = "", inner] = path.split(".");
        if (inner === undefined) delete copy[key];
        else delete (copy[key] as Record<string, unknown>)[inner];
    }
    return copy;
}
