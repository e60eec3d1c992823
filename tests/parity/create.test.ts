/**
 * The same builder twice, once by `docker buildx create --bootstrap` and once by the resource, for each option
 * alone and for all of them together: the record, the container, what buildx tells of it and a build on it.
 */
import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { Project } from "../support/project";

interface Case {
    /** Arguments of `docker buildx create`. */
    cli: string[];
    /** Arguments of `BuildxBuilder`. */
    args: Record<string, unknown>;
    /** A network to make first. */
    network?: boolean;
}

const option = (text: string) => ["--driver-opt", text];

const cases: Record<string, Case> = {
    "nothing at all": { cli: [], args: {} },
    image: {
        cli: option("image=docker.io/moby/buildkit:buildx-stable-1"),
        args: { driverOpts: { image: "docker.io/moby/buildkit:buildx-stable-1" } },
    },
    memory: { cli: option("memory=512m"), args: { driverOpts: { memory: "512m" } } },
    "memory-swap": {
        cli: [...option("memory=512m"), ...option("memory-swap=1.5g")],
        args: { driverOpts: { memory: "512m", memorySwap: "1.5g" } },
    },
    "memory-swap without limit": {
        cli: [...option("memory=512m"), ...option("memory-swap=-1")],
        args: { driverOpts: { memory: "512m", memorySwap: "-1" } },
    },
    "cpu-quota": { cli: option("cpu-quota=50000"), args: { driverOpts: { cpuQuota: 50000 } } },
    "cpu-period": { cli: option("cpu-period=50000"), args: { driverOpts: { cpuPeriod: 50000 } } },
    "cpu-shares": { cli: option("cpu-shares=512"), args: { driverOpts: { cpuShares: 512 } } },
    "cpuset-cpus": { cli: option("cpuset-cpus=0"), args: { driverOpts: { cpusetCpus: "0" } } },
    "cpuset-mems": { cli: option("cpuset-mems=0"), args: { driverOpts: { cpusetMems: "0" } } },
    "default-load": { cli: option("default-load=true"), args: { driverOpts: { defaultLoad: true } } },
    "network host": { cli: option("network=host"), args: { driverOpts: { network: "host" } } },
    "network none": { cli: option("network=none"), args: { driverOpts: { network: "none" } } },
    "network bridge": { cli: option("network=bridge"), args: { driverOpts: { network: "bridge" } } },
    "another container's network": {
        cli: option("network=container:NEIGHBOUR"),
        args: { driverOpts: { network: "container:NEIGHBOUR" } },
    },
    "a network of one's own": {
        cli: option("network=NETWORK"),
        args: { driverOpts: { network: "NETWORK" } },
        network: true,
    },
    "cgroup-parent": {
        cli: option("cgroup-parent=/docker/parity"),
        args: { driverOpts: { cgroupParent: "/docker/parity" } },
    },
    "restart-policy": {
        cli: option("restart-policy=on-failure:3"),
        args: { driverOpts: { restartPolicy: "on-failure:3" } },
    },
    "restart-policy no": { cli: option("restart-policy=no"), args: { driverOpts: { restartPolicy: "no" } } },
    env: {
        cli: [...option("env.ONE=1"), ...option('"env.TWO=a,b=c d"')],
        args: { driverOpts: { env: { ONE: "1", TWO: "a,b=c d" } } },
    },
    "provenance-add-gha": {
        cli: option("provenance-add-gha=false"),
        args: { driverOpts: { provenanceAddGha: false } },
    },
    "allow-untrusted-image": {
        cli: option("allow-untrusted-image=true"),
        args: { driverOpts: { allowUntrustedImage: true } },
    },
    "--platform": {
        cli: ["--platform", "linux/arm64,linux/arm/v7,linux/amd64"],
        args: { platforms: ["linux/aarch64", "linux/arm", "linux/amd64"] },
    },
    "--buildkitd-flags": {
        cli: ["--buildkitd-flags", "--debug --oci-max-parallelism 2"],
        args: { buildkitdFlags: ["--debug", "--oci-max-parallelism", "2"] },
    },
    "--buildkitd-flags with an entitlement": {
        cli: ["--buildkitd-flags", "--allow-insecure-entitlement security.insecure"],
        args: { buildkitdFlags: ["--allow-insecure-entitlement", "security.insecure"] },
    },
    "network host with an entitlement": {
        cli: [...option("network=host"), "--buildkitd-flags", "--allow-insecure-entitlement=security.insecure"],
        args: { driverOpts: { network: "host" }, buildkitdFlags: ["--allow-insecure-entitlement=security.insecure"] },
    },
    "all together": {
        cli: [
            ...option("image=moby/buildkit:buildx-stable-1"),
            ...option("memory=768m"),
            ...option("memory-swap=1g"),
            ...option("cpu-quota=80000"),
            ...option("cpu-period=90000"),
            ...option("cpu-shares=700"),
            ...option("cpuset-cpus=0-1"),
            ...option("cpuset-mems=0"),
            ...option("default-load=true"),
            ...option("network=NETWORK"),
            ...option("cgroup-parent=/docker/parity"),
            ...option("restart-policy=always"),
            ...option("env.ONE=1"),
            ...option("provenance-add-gha=false"),
            ...option("allow-untrusted-image=true"),
            "--platform",
            "linux/amd64",
            "--buildkitd-flags",
            "--debug",
        ],
        args: {
            driverOpts: {
                image: "moby/buildkit:buildx-stable-1",
                memory: "768m",
                memorySwap: "1g",
                cpuQuota: 80000,
                cpuPeriod: 90000,
                cpuShares: 700,
                cpusetCpus: "0-1",
                cpusetMems: "0",
                defaultLoad: true,
                network: "NETWORK",
                cgroupParent: "/docker/parity",
                restartPolicy: "always",
                env: { ONE: "1" },
                provenanceAddGha: false,
                allowUntrustedImage: true,
            },
            platforms: ["linux/amd64"],
            buildkitdFlags: ["--debug"],
        },
        network: true,
    },
};

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
