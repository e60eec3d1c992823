/**
 * The same builder twice, once by `docker buildx create --bootstrap` and once by the resource, for each option
 * alone and for all of them together: the record, the container, what buildx tells of it and a build on it.
 */
import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { allOptions } from "../../provider/resources/docker-container/options/groups";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { Project } from "../support/project";
import { cases } from "./cases";

/** What differs between any two containers, or between ours and buildx's by intent. */
const differsByNature: Record<string, string> = {
    Id: "each container has its own",
    Created: "made one after the other",
    State: "its process and times are its own; that both run is compared apart",
    ResolvConfPath: "lies in a folder named after the id",
    HostnamePath: "lies in a folder named after the id",
    HostsPath: "lies in a folder named after the id",
    LogPath: "lies in a folder named after the id",
    GraphDriver: "its layers are its own",
    ExecIDs: "what runs in it at the moment of the look",
    NetworkSettings: "has an address and a sandbox of its own; the network is compared in HostConfig",
    "Config.Hostname": "is the id",
    "Config.Labels": "ours says which resource owns it; that nothing else is there is compared apart",
    "Config.Env": "compared without order, since buildx gives the variables in a random one",
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
        it(`${name}, by itself and together with all others`, () => {
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
    let project: Project;
    let network: string;
    let neighbour: string;
    let folder: string;
    const names = (index: number) => ({ ours: `${project.unique}o${index}-`, theirs: `${project.unique}t${index}-` });

    before("both builders of each case are made", async () => {
        project = await Project.make();
        network = `${project.unique}-network`;
        await docker(["network", "create", network]);
        neighbour = `${project.unique}-neighbour`;
        await docker(["run", "--detach", "--privileged", "--name", neighbour, "moby/buildkit:buildx-stable-1"]);
        folder = await context(project, "FROM scratch\nCOPY busybox /bin/sh\n");
        const fill = (text: string) => text.replaceAll("NETWORK", network).replaceAll("NEIGHBOUR", neighbour);
        const all = Object.values(cases);
        const programs = all.map(({ args }, index) => {
            const { ours } = names(index);
            return `new buildx.BuildxBuilder("b${index}", { name: "${ours}", ...${fill(JSON.stringify(args))} });`;
        });
        await project.program(programs.join("\n"));
        await project.up();
        for (const [index, { cli }] of all.entries()) {
            const create = ["create", "--name", names(index).theirs, "--driver", "docker-container", "--bootstrap"];
            await project.buildx(...create, ...cli.map(fill));
        }
    });

    after(async () => {
        const containers = await docker(["ps", "--all", "--quiet", "--filter", `name=${project.unique}`]);
        await docker(["rm", "--force", "--volumes", ...containers.split("\n").filter(Boolean)]);
        await docker(["network", "rm", network]);
        await project.remove();
    });

    for (const [index, what] of Object.keys(cases).entries()) {
        it(`of ${what}`, async () => {
            const { ours, theirs } = names(index);
            const asTheirs = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll(ours, theirs));

            const [ourRecord, theirRecord] = [await project.record(ours), await project.record(theirs)];
            assert.deepEqual(asTheirs(ourRecord), theirRecord);
            assert.deepEqual(Object.keys(ourRecord), Object.keys(theirRecord));

            const [our, their] = await Promise.all(
                [ours, theirs].map((name) => inspectContainer(`buildx_buildkit_${name}0`)),
            );
            assert.ok(our && their);
            assert.ok(our.State.Running && their.State.Running);
            assert.deepEqual(asTheirs(comparable(our)), comparable(their));
            assert.deepEqual([...our.Config.Env].sort(), [...their.Config.Env].sort());
            assert.deepEqual(their.Config.Labels, {});
            assert.deepEqual(Object.keys(our.Config.Labels).sort(), [
                "io.github.pulumi-buildx.store",
                "io.github.pulumi-buildx.urn",
            ]);

            assert.equal((await seenByBuildx(ours)).replaceAll(ours, theirs), await seenByBuildx(theirs));
            await build(project, ours, folder);
            await build(project, theirs, folder);
        });
    }

    it("of every case stays as it is: preview, refresh and preview again find no change", async () => {
        await project.preview("--expect-no-changes");
        await project.refresh("--expect-no-changes");
        await project.preview("--expect-no-changes");
    });

    it("of the way back: buildx boots one of ours that is stopped, and removes it", async () => {
        const { ours } = names(0);
        await docker(["stop", `buildx_buildkit_${ours}0`]);
        assert.match(await project.buildx("inspect", "--bootstrap", ours), /Status: +running/);
        await build(project, ours, folder);
        await project.buildx("rm", ours);
        assert.equal(await inspectContainer(`buildx_buildkit_${ours}0`), undefined);
        await assert.rejects(project.record(ours));
    });

    it("of what provenance attestations are told of a GitHub Actions run", async () => {
        const event = join(project.folder, "event.json");
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
        Object.assign(project.env, env);
        const { ours, theirs } = names(99);
        await project.program(`new buildx.BuildxBuilder("gha", { name: "${ours}" });`);
        await project.up();
        await project.buildx("create", "--name", theirs, "--driver", "docker-container", "--bootstrap");
        const [our, their] = await Promise.all(
            [ours, theirs].map(async (name) => {
                const copy = join(project.folder, name);
                const path = "/etc/buildkit/provenance.d/github_actions_context.json";
                await docker(["cp", `buildx_buildkit_${name}0:${path}`, copy]);
                return readFile(copy, "utf8");
            }),
        );
        assert.equal(our, their);
        await project.preview("--expect-no-changes");
    });

    it("of every case goes, and leaves nothing", async () => {
        await project.destroy();
        assert.deepEqual(await leftovers(`${project.unique}o`), []);
    });

    /** `docker buildx inspect`, without the time of the last use and the worker's own marks. */
    async function seenByBuildx(name: string): Promise<string> {
        const text = await project.buildx("inspect", name);
        return text
            .split("\n")
            .filter((line) => !/^Last Activity:|worker\.hostname:/.test(line.trim()))
            .map((line) =>
                line.startsWith("Driver Options:") ? (line.match(/\S+="[^"]*"/g) ?? []).sort().join() : line,
            ) // at random
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
