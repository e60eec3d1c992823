import { strict as assert } from "node:assert";
import { docker, inspectContainer, removeLeftovers } from "../support/docker";
import { build, context } from "../support/image";
import { type Project, withProject } from "../support/project";
import { run } from "../support/run";
import { addressOf, makeServerImage, page, removeServerImage, startServer } from "../support/server";

/** A real network as a resource of the program, whose name is not known before it is there. */
const networkResource = `
class Network extends pulumi.dynamic.Resource {
    constructor(name) { super(provider, name, { wanted: unique + "-" + name, networkName: undefined }); }
}
const provider = {
    create: async ({ wanted }) => {
        require("node:child_process").execFileSync("docker", ["network", "create", wanted]);
        return { id: wanted, outs: { wanted, networkName: wanted } };
    },
    delete: async (id) => {
        require("node:child_process").execFileSync("docker", ["network", "rm", id]);
    },
};
`;

/** A project, the networks that it may leave, and an image of a server. */
const withNetworks = (test: (project: Project) => Promise<void>) =>
    withProject(async (project) => {
        try {
            await makeServerImage(project);
            await test(project);
        } finally {
            await removeLeftovers(project.unique);
            await removeServerImage(project);
            const networks = await docker(["network", "ls", "--quiet", "--filter", `name=${project.unique}`]);
            for (const network of networks.split("\n").filter(Boolean)) await docker(["network", "rm", network]);
        }
    });

const containerOf = async (builder: string) =>
    (await inspectContainer(`buildx_buildkit_${builder}0`)) ?? assert.fail(`builder ${builder} has no container`);

/** Someone takes a network away from what is on it, and makes another one of the same name. */
async function makeAnew(network: string): Promise<void> {
    await removeNetwork(network);
    await docker(["network", "create", network]);
}

async function removeNetwork(network: string): Promise<void> {
    const [found] = JSON.parse(await docker(["network", "inspect", network])) as [{ Containers: object }];
    for (const container of Object.keys(found.Containers)) {
        await docker(["network", "disconnect", "--force", network, container]);
    }
    await docker(["network", "rm", network]);
}

/** Builds with the network of its RUN steps; gives the log, and how it ended. */
async function tryBuild(project: Project, builder: string, dockerfile: string, network = "default") {
    const folder = await context(project, dockerfile);
    const args = ["--builder", builder, "--network", network, "--progress", "plain", "--output", "type=cacheonly"];
    return run("docker", ["buildx", "build", "--no-cache", ...args, folder], { env: project.env });
}

const fetching = (url: string) => `FROM scratch\nCOPY busybox /bin/sh\nRUN wget -q -O - ${url}\n`;
const adding = (url: string) => `FROM scratch\nCOPY busybox /bin/sh\nADD ${url} /page\nRUN cat /page\n`;

describe("a builder's network", () => {
    it(
        "that the same program makes is where its builds reach what runs there, and may change, go and come back",
        withNetworks(async (project) => {
            const { unique } = project;
            const [one, web, neighbour] = [`${unique}-one`, `${unique}-web`, `${unique}-neighbour`];
            const program = (network: string) => `${networkResource}
                const network = new Network("${network}");
                new buildx.BuildxBuilder("on", { name: unique, driverOpts: { network: network.networkName } });
                new buildx.BuildxBuilder("off", { name: unique + "-off" });
                new buildx.BuildxBuilder("beside", { name: unique + "-beside", driverOpts: { network: "container:${neighbour}" } });`;
            await startServer(project, neighbour);
            await project.program(program("one"));
            await project.preview();
            await project.up();
            await startServer(project, web, "--network", one);
            const url = `http://${web}/page`;

            const on = await containerOf(unique);
            assert.equal(on.HostConfig.NetworkMode, one);
            assert.ok((await tryBuild(project, unique, adding(url))).output.includes(page));
            assert.ok((await tryBuild(project, unique, fetching(url), "host")).output.includes(page));
            const off = await tryBuild(project, `${unique}-off`, fetching(url), "host");
            assert.notEqual(off.code, 0);
            assert.match(off.output, /bad address/);
            const beside = await tryBuild(project, `${unique}-beside`, fetching("http://127.0.0.1/page"));
            assert.ok(beside.output.includes(page), beside.output);
            await project.refresh("--expect-no-changes");
            await project.preview("--expect-no-changes");

            const folder = await context(project);
            await build(project, unique, folder);
            await makeAnew(one);
            await docker(["rm", "--force", neighbour]);
            await startServer(project, neighbour);
            const { output } = await project.up("--refresh");
            assert.match(output, new RegExp(`creating buildx_buildkit_${unique}0: network changed`));
            assert.match(output, new RegExp(`creating buildx_buildkit_${unique}-beside0: network changed`));
            assert.deepEqual(Object.keys((await containerOf(unique)).NetworkSettings.Networks), [one]);
            assert.equal((await build(project, unique, folder)).cached, 3);
            assert.ok(
                (await tryBuild(project, `${unique}-beside`, fetching("http://127.0.0.1/page"))).output.includes(page),
            );

            await project.program(program("two"));
            await context(project);
            await project.up();
            assert.deepEqual(Object.keys((await containerOf(unique)).NetworkSettings.Networks), [`${unique}-two`]);
            assert.equal((await build(project, unique, folder)).cached, 3);
            await project.preview("--expect-no-changes");

            await removeNetwork(`${unique}-two`);
            await docker(["rm", "--force", neighbour]);
            const refused = await project.failing("up", "--refresh", "--continue-on-error");
            assert.match(refused, new RegExp(`network "${unique}-two" of builder "${unique}" does not exist on unix:`));
            assert.match(
                refused,
                new RegExp(`container "${neighbour}", whose network builder "${unique}-beside" uses, does not`),
            );
            await docker(["network", "create", `${unique}-two`]);
            await project.destroy();
        }),
    );

    it(
        "has the hosts and name servers that the builder is given, and keeps the cache when they change",
        withNetworks(async (project) => {
            const { unique } = project;
            const web = `${unique}-web`;
            await startServer(project, web);
            const address = await addressOf(web);
            const program = (nameserver: string) => `
                new buildx.BuildxBuilder("b", {
                    name: unique,
                    extraHosts: { "packages.example": "${address}", six: "fd00::7", engine: "host-gateway" },
                    dns: { nameservers: ["${nameserver}"], searchDomains: ["corp.example"], options: ["ndots:3"] },
                });`;
            await project.program(program("10.0.0.2"));
            await project.up();
            const url = "http://packages.example/page";
            assert.ok((await tryBuild(project, unique, adding(url))).output.includes(page));
            // BuildKit gives RUN steps a file of their own.
            assert.match((await tryBuild(project, unique, fetching(url))).output, /bad address/);
            const seen = async () => (await tryBuild(project, unique, reading)).output;
            const file = await seen();
            for (const line of ["nameserver 10.0.0.2", "search corp.example", "options ndots:3"]) {
                assert.ok(file.includes(line), file);
            }
            await project.refresh("--expect-no-changes");
            await project.preview("--expect-no-changes");

            const folder = await context(project);
            await build(project, unique, folder);
            await project.program(program("10.0.0.3"));
            const { output } = await project.up();
            assert.match(output, /creating buildx_buildkit_.*: dns changed/);
            assert.equal((await build(project, unique, folder)).cached, 3);
            assert.match(await seen(), /nameserver 10\.0\.0\.3/);

            await recreate(unique, ["--add-host", "packages.example:10.9.9.9", "--dns", "10.9.9.8"]);
            const { output: again } = await project.up("--refresh");
            assert.match(again, /creating buildx_buildkit_.*: extraHosts, dns changed/);
            assert.match(await seen(), /nameserver 10\.0\.0\.3/);
            await project.preview("--expect-no-changes");
            await project.destroy();
        }),
    );
});

const reading = "FROM scratch\nCOPY busybox /bin/sh\nRUN cat /etc/resolv.conf\n";

/** Someone makes a builder's container again by hand, with other options. */
async function recreate(builder: string, options: string[]): Promise<void> {
    const found = await containerOf(builder);
    const { Labels: labels, Image: image, Cmd: flags } = found.Config;
    const name = `buildx_buildkit_${builder}0`;
    const labelled = Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
    await docker(["rm", "--force", name]);
    const same = ["--name", name, "--privileged", "--init", "--restart", "unless-stopped", "--cgroup-parent"];
    const volume = `type=volume,source=${name}_state,target=/var/lib/buildkit`;
    await docker([
        ...["run", "--detach", ...same, "/docker/buildx", ...labelled, "--mount", volume],
        ...[...options, image, ...(flags ?? [])],
    ]);
}
