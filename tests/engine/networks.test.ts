import { strict as assert } from "node:assert";
import { docker, inspectContainer, removeLeftovers } from "../support/docker";
import { build, context } from "../support/image";
import { unknown } from "../support/pluginClient";
import { builder, resources } from "../support/program";
import type { Project } from "../support/project";
import { run } from "../support/run";
import { addressOf, makeServerImage, page, removeServerImage, startServer } from "../support/server";
import { type Stack, withStack } from "../support/stack";
import { containerOf, volumeOf } from "../support/state";

/** Runs a test with a stack and an image of a server, and removes the networks that the test leaves. */
const withNetworks = (test: (stack: Stack) => Promise<void>) =>
    withStack(async (stack) => {
        try {
            await makeServerImage(stack);
            await test(stack);
        } finally {
            await removeLeftovers(stack.unique);
            await removeServerImage(stack);
            const networks = await docker(["network", "ls", "--quiet", "--filter", `name=${stack.unique}`]);
            const ids = networks.split("\n").filter(Boolean);
            if (ids.length > 0) await docker(["network", "rm", ...ids]);
        }
    });

const inspectBuilder = async (name: string) =>
    (await inspectContainer(containerOf(name))) ?? assert.fail(`builder ${name} has no container`);

const networksOf = async (name: string) => Object.keys((await inspectBuilder(name)).NetworkSettings.Networks);

/** Disconnects all containers of a network and removes the network. */
async function removeNetwork(network: string): Promise<void> {
    const [found] = JSON.parse(await docker(["network", "inspect", network])) as [{ Containers: object }];
    const disconnect = ["network", "disconnect", "--force", network];
    await Promise.all(Object.keys(found.Containers).map((container) => docker([...disconnect, container])));
    await docker(["network", "rm", network]);
}

/** Builds with a network for its RUN steps. */
async function tryBuild(project: Project, name: string, dockerfile: string, network = "default") {
    const folder = await context(project, dockerfile);
    const args = ["--builder", name, "--network", network, "--progress", "plain", "--output", "type=cacheonly"];
    return run("docker", ["buildx", "build", "--no-cache", ...args, folder], { env: project.env });
}

const fetching = (url: string) => `FROM scratch\nCOPY busybox /bin/sh\nRUN wget -q -O - ${url}\n`;
const adding = (url: string) => `FROM scratch\nCOPY busybox /bin/sh\nADD ${url} /page\nRUN cat /page\n`;
const reading = "FROM scratch\nCOPY busybox /bin/sh\nRUN cat /etc/resolv.conf\n";

/** Recreates the container of a builder with other options, as a user can. */
async function recreate(name: string, options: readonly string[]): Promise<void> {
    const { Labels: labels, Image: image, Cmd: flags } = (await inspectBuilder(name)).Config;
    const container = containerOf(name);
    const labelled = Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
    await docker(["rm", "--force", container]);
    const same = ["--name", container, "--privileged", "--init", "--restart", "unless-stopped"];
    const volume = `type=volume,source=${volumeOf(name)},target=/var/lib/buildkit`;
    await docker([
        ...["run", "--detach", ...same, "--cgroup-parent", "/docker/buildx", ...labelled, "--mount", volume],
        ...[...options, image, ...(flags ?? [])],
    ]);
}

describe("a builder's network", () => {
    it(
        "connects its builds with the containers on it, and the network may change, disappear and be created again",
        withNetworks(async (stack) => {
            const { unique } = stack;
            const [one, two] = [`${unique}-one`, `${unique}-two`];
            const [web, neighbour] = [`${unique}-web`, `${unique}-neighbour`];
            const program = (network: string) =>
                stack.program(
                    resources({
                        on: builder({ name: unique, driverOpts: { network } }),
                        off: builder({ name: `${unique}-off` }),
                        beside: builder({
                            name: `${unique}-beside`,
                            driverOpts: { network: `container:${neighbour}` },
                        }),
                    }),
                );
            const fromNeighbour = () => tryBuild(stack, `${unique}-beside`, fetching("http://127.0.0.1/page"));

            await startServer(stack, neighbour);
            await program(unknown); // the program creates the network
            await stack.preview();
            await docker(["network", "create", one]);
            await program(one);
            await stack.up();
            await startServer(stack, web, "--network", one);
            const url = `http://${web}/page`;

            assert.equal((await inspectBuilder(unique)).HostConfig.NetworkMode, one);
            assert.ok((await tryBuild(stack, unique, adding(url))).output.includes(page));
            assert.ok((await tryBuild(stack, unique, fetching(url), "host")).output.includes(page));
            const off = await tryBuild(stack, `${unique}-off`, fetching(url), "host");
            assert.notEqual(off.code, 0);
            assert.match(off.output, /bad address/);
            const beside = await fromNeighbour();
            assert.ok(beside.output.includes(page), beside.output);
            await stack.refresh("--expect-no-changes");
            await stack.preview("--expect-no-changes");

            const folder = await context(stack);
            await build(stack, unique, folder);
            await removeNetwork(one);
            await docker(["network", "create", one]);
            await docker(["rm", "--force", neighbour]);
            await startServer(stack, neighbour);
            const { output } = await stack.up("--refresh");
            assert.match(output, new RegExp(`creating ${containerOf(unique)}: network changed`));
            assert.match(output, new RegExp(`creating ${containerOf(`${unique}-beside`)}: network changed`));
            assert.deepEqual(await networksOf(unique), [one]);
            assert.equal((await build(stack, unique, folder)).cached, 3);
            assert.ok((await fromNeighbour()).output.includes(page));

            await docker(["network", "create", two]);
            await program(unknown); // the program replaces the network
            await stack.preview();
            assert.deepEqual(stack.steps, { on: "update" });
            await program(two);
            await context(stack);
            await stack.up();
            assert.deepEqual(stack.steps, { on: "update" });
            assert.deepEqual(await networksOf(unique), [two]);
            await docker(["network", "rm", one]); // fails if the builder is still connected
            assert.equal((await build(stack, unique, folder)).cached, 3);
            await stack.preview("--expect-no-changes");

            await removeNetwork(two);
            await docker(["rm", "--force", neighbour]);
            const refused = await stack.failing("up", "--refresh");
            assert.match(refused, new RegExp(`network "${two}" of builder "${unique}" does not exist on unix:`));
            assert.match(
                refused,
                new RegExp(`container "${neighbour}", whose network builder "${unique}-beside" uses, does not`),
            );
            await stack.destroy();
        }),
    );

    it(
        "has the hosts and name servers of the builder's arguments, and a change of them keeps the cache",
        withNetworks(async (stack) => {
            const { unique } = stack;
            const web = `${unique}-web`;
            await startServer(stack, web);
            const extraHosts = { "packages.example": await addressOf(web), six: "fd00::7", engine: "host-gateway" };
            const program = (nameserver: string) => {
                const dns = { nameservers: [nameserver], searchDomains: ["corp.example"], options: ["ndots:3"] };
                return stack.program(resources({ b: builder({ name: unique, extraHosts, dns }) }));
            };
            const resolver = async () => (await tryBuild(stack, unique, reading)).output;
            await program("10.0.0.2");
            await stack.up();
            const url = "http://packages.example/page";
            assert.ok((await tryBuild(stack, unique, adding(url))).output.includes(page));
            // BuildKit gives RUN steps another hosts file.
            assert.match((await tryBuild(stack, unique, fetching(url))).output, /bad address/);
            const file = await resolver();
            for (const line of ["nameserver 10.0.0.2", "search corp.example", "options ndots:3"]) {
                assert.ok(file.includes(line), file);
            }
            await stack.refresh("--expect-no-changes");
            await stack.preview("--expect-no-changes");

            const folder = await context(stack);
            await build(stack, unique, folder);
            await program("10.0.0.3");
            const { output } = await stack.up();
            assert.match(output, /creating buildx_buildkit_.*: dns changed/);
            assert.equal((await build(stack, unique, folder)).cached, 3);
            assert.match(await resolver(), /nameserver 10\.0\.0\.3/);

            await recreate(unique, ["--add-host", "packages.example:10.9.9.9", "--dns", "10.9.9.8"]);
            const { output: again } = await stack.up("--refresh");
            assert.match(again, /creating buildx_buildkit_.*: extraHosts, dns changed/);
            assert.match(await resolver(), /nameserver 10\.0\.0\.3/);
            await stack.preview("--expect-no-changes");
            await stack.destroy();
        }),
    );
});
