import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cli, doctor, type Finding, main, shell, status } from "../support/cli";
import { docker } from "../support/docker";
import { changeDockerConfig, createContext, isolateDockerConfig } from "../support/dockerConfig";
import { second } from "../support/engines";
import { build, context } from "../support/image";
import { type Project, withProject } from "../support/project";
import { run } from "../support/run";

const container = (project: Project) => `buildx_buildkit_${project.unique}0`;

const create = (project: Project, ...args: string[]) =>
    project.buildx("create", "--name", project.unique, "--driver", "docker-container", ...args);

/** The one finding of this kind that there is to be. */
async function find(project: Project, kind: string, ...names: string[]): Promise<Finding> {
    const found = await doctor(project, ...(names.length > 0 ? names : [project.unique]));
    assert.deepEqual(
        found.map((each) => each.kind),
        [kind],
        JSON.stringify(found, undefined, 4),
    );
    return found[0] as Finding;
}

/** Runs the printed command that `choice` is part of, or the first one, after which nothing is wrong any more. */
async function mend(project: Project, { mends }: Finding, choice = "", ...names: string[]): Promise<void> {
    const { command } = mends.find((each) => each.command?.includes(choice)) ?? {};
    assert.ok(command, `no command has ${choice} in ${JSON.stringify(mends)}`);
    const { output } = await shell(project, command);
    const left = await doctor(project, ...(names.length > 0 ? names : [project.unique]));
    assert.deepEqual(left, [], `after ${command}:\n${output}`);
}

describe("status", () => {
    it(
        "tells of a stack's builder and state, of one that buildx made, and of a second engine",
        withProject(async (project) => {
            const { unique } = project;
            await project.program(`
                const state = new buildx.BuildKitState("cache", { builderName: unique });
                new buildx.BuildxBuilder("builder", { state });
                new buildx.BuildKitState("spare", { builderName: unique + "-spare" });`);
            await project.up();
            await build(project, unique, await context(project));
            const [byHand, far] = [`${unique}-hand`, `${unique}-far`];
            await project.buildx("create", "--name", byHand, "--driver", "docker-container", "--bootstrap", "--use");
            await project.buildx("create", "--name", far, "--driver", "docker-container", "--bootstrap");
            await project.buildx("create", "--name", far, "--append", "--driver", "docker-container", second.host);
            await project.buildx("stop", byHand);

            const { builders } = await status(project);
            const of = (name: string) => builders.find((each) => each.name === name);
            const own = of(unique);
            assert.deepEqual(
                [own?.status, own?.hasRecord, own?.isCurrent, own?.driver],
                ["running", true, false, "docker-container"],
            );
            const { stack, project: of_, type, name } = own?.resource ?? {};
            assert.deepEqual([stack, of_, type, name], ["test", unique, "BuildxBuilder", "builder"]);
            const [node] = own?.nodes ?? [];
            assert.match(node?.buildkitVersion ?? "", /^v\d/);
            assert.ok(node?.platforms.includes("linux/amd64") || node?.platforms.includes("linux/arm64"));
            const { total = 0, reclaimable, byType } = node?.cache ?? {};
            assert.ok(total > 1e6 && (reclaimable ?? 0) > 1e6 && Object.keys(byType ?? {}).includes("regular"));
            assert.ok(Date.now() - Date.parse(own?.lastUsed ?? "") < 120_000);

            // With no container there is the volume.
            const spare = of(`${unique}-spare0`);
            assert.deepEqual(
                [spare?.status, spare?.hasRecord, spare?.resource?.type, spare?.resource?.name],
                ["volume only", false, "BuildKitState", "spare"],
            );
            assert.deepEqual(
                [of(byHand)?.status, of(byHand)?.isCurrent, of(byHand)?.resource],
                ["stopped", true, null],
            );
            const { cache: ofStopped } = of(byHand)?.nodes[0] ?? {};
            assert.ok((ofStopped?.total ?? 0) > 0);
            assert.equal(ofStopped?.reclaimable, null);
            assert.deepEqual(
                of(far)?.nodes.map((each) => [each.endpoint === second.host, each.status]),
                [
                    [false, "running"],
                    [true, "inactive"],
                ],
            );

            const table = (await cli(project, "status", unique, byHand, far)).stdout;
            assert.match(table, new RegExp(`^${unique} +running .* v\\d.* ${unique}/test builder$`, "m"));
            assert.match(table, new RegExp(`^${byHand}\\* +stopped .* -$`, "m"));
            assert.match(table, new RegExp(`^${far} +1 of 2 running`, "m"));
            assert.match(table, new RegExp(`^ └ ${far}1 +inactive +${second.host}`, "m"));

            await project.destroy();
            const gone = await cli(project, "status", unique);
            assert.equal(gone.code, 1);
            assert.match(gone.output, new RegExp(`builder "${unique}" not found`));
        }),
    );

    it(
        "shows an engine that does not answer in its own rows, and the rest beside it",
        withProject(async (project) => {
            await create(project, "--bootstrap");
            const silent = { Name: "s0", Endpoint: `tcp://${second.silent}` };
            const record = { Name: "silent", Driver: "docker-container", Nodes: [silent], Dynamic: false };
            await writeFile(join(project.store, "instances/silent"), JSON.stringify(record));
            const before = performance.now();
            const { code, stdout } = await cli(project, "status", "silent", project.unique);
            assert.equal(code, 0);
            assert.ok(performance.now() - before < 12_000);
            assert.match(stdout, /^silent +unreachable/m);
            assert.match(stdout, new RegExp(`^${project.unique} +running`, "m"));
            assert.match(stdout, /no response within 8 s/);
        }),
    );

    it(
        "works with no engine, no store and no project, and says what was meant",
        withProject(async (project) => {
            project.env.DOCKER_HOST = `unix://${project.folder}/none.sock`;
            const { code, stdout } = await cli(project, "status");
            assert.deepEqual([code, stdout], [0, "No builders with the docker-container driver.\n"]);
            const wrong = await cli(project, "stauts");
            assert.equal(wrong.code, 2);
            assert.match(wrong.output, /did you mean status/);
            const loaded = `process.on("exit", () => console.error(Object.keys(require.cache).join("\\n")));
                process.argv.splice(1, 0, "pulumi-buildx"); require(${JSON.stringify(main)});`;
            const { output } = await run("node", ["--eval", loaded, "status"], { env: project.env });
            assert.match(output, /cli.status/);
            assert.doesNotMatch(output, /@pulumi/);
            const help = await cli(project, "--help");
            assert.equal(help.code, 0);
            assert.match(help.stdout, /doctor/);
        }),
    );
});

describe("doctor", () => {
    it(
        "finds a record without its container, and boots it",
        withProject(async (project) => {
            await create(project);
            await mend(project, await find(project, "record-without-container"));
        }),
    );

    it(
        "finds what a stack lost, and has its pulumi up mend it",
        withProject(async (project) => {
            await project.program(`new buildx.BuildxBuilder("builder", { name: unique });`);
            await project.up();
            assert.deepEqual(await doctor(project, project.unique), []);

            await docker(["rm", "--force", container(project)]);
            await mend(project, await find(project, "record-without-container"), "pulumi up");

            await rm(join(project.store, "instances", project.unique));
            await mend(project, await find(project, "container-without-record"), "pulumi up");

            await writeFile(join(project.store, "instances", project.unique), "{");
            await mend(project, await find(project, "record-unreadable"), "pulumi up");
        }),
    );

    it(
        "finds a container without a record, and uses it again or removes it",
        withProject(async (project) => {
            await create(project, "--bootstrap");
            const folder = await context(project);
            await build(project, project.unique, folder);
            await rm(join(project.store, "instances", project.unique));
            await mend(project, await find(project, "container-without-record"), "buildx create");
            assert.equal((await build(project, project.unique, folder)).cached, 3);

            await rm(join(project.store, "instances", project.unique));
            await mend(project, await find(project, "container-without-record"), "docker rm");
        }),
    );

    it(
        "finds both on an engine that docker does not use by itself",
        withProject(async (project) => {
            await create(project, "--bootstrap", second.host);
            const kept = `${project.unique}-kept`;
            await project.buildx("create", "--name", kept, "--driver", "docker-container", second.host);
            await docker(["--host", second.host, "volume", "create", `buildx_buildkit_${kept}x0_state`]);
            const left = await find(project, "volume-without-builder", project.unique, `${kept}x`);
            assert.match(left.mends[0]?.command ?? "", new RegExp(`^docker --host ${second.host} volume rm`));
            await mend(project, left, "", project.unique, `${kept}x`);
            await docker(["--host", second.host, "stop", container(project)]);
            await mend(project, await find(project, "container-stopped"));
        }),
    );

    it(
        "finds a volume that nothing has, and not that of a state",
        withProject(async (project) => {
            await project.program(`new buildx.BuildKitState("cache", { builderName: unique });`);
            await project.up();
            assert.deepEqual(await doctor(project, project.unique), []);

            const name = `${project.unique}-left`;
            await project.buildx("create", "--name", name, "--driver", "docker-container", "--bootstrap");
            await project.buildx("rm", "--keep-state", name);
            const found = await find(project, "volume-without-builder", name);
            assert.match(found.found, /Its size is [\d.]+[kM]B/);
            await mend(project, found, "", name);
        }),
    );

    it(
        "finds a container that is stopped, paused or does not answer, and starts it",
        withProject(async (project) => {
            await create(project, "--bootstrap");
            await project.buildx("stop", project.unique);
            assert.match((await find(project, "container-stopped")).found, /exit code \d+; the last line of its log: /);
            await mend(project, await find(project, "container-stopped"));
            await docker(["pause", container(project)]);
            await mend(project, await find(project, "container-paused"));
            await docker(["exec", container(project), "sh", "-c", "kill -STOP $(pidof buildkitd)"]);
            await mend(project, await find(project, "buildkit-silent"));
        }),
    );

    it(
        "finds a container that ends again and again, and makes it anew on its cache",
        withProject(async (project) => {
            await create(project, "--buildkitd-flags", "--no-such-flag");
            await run("docker", ["buildx", "inspect", "--bootstrap", project.unique], { env: project.env });
            const found = await find(project, "container-restarting");
            assert.match(found.found, /no-such-flag/);
            await mend(project, found, "--keep-state");
        }),
    );

    it(
        "finds a container that has too little memory, and gives it more",
        withProject(async (project) => {
            await create(project, "--driver-opt", "memory=8m");
            await run("docker", ["buildx", "inspect", "--bootstrap", project.unique], { env: project.env });
            const found = await find(project, "container-out-of-memory");
            assert.match(found.found, /its limit of 8m/);
            await mend(project, found);
        }),
    );

    it(
        "finds a disk that is nearly full, and empties the cache",
        withProject(async (project) => {
            const onSmallDisk = ["--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=100m"];
            await docker(["volume", "create", ...onSmallDisk, `${container(project)}_state`]);
            await create(project, "--bootstrap");
            const fill = "FROM scratch\nCOPY busybox /bin/sh\nRUN dd if=/dev/zero of=/big bs=1M count=93\n";
            await build(project, project.unique, await context(project, fill));
            const found = await find(project, "disk-full");
            assert.match(found.found, /of 105MB left/);
            await mend(project, found);
        }),
    );

    it(
        "finds platforms that BuildKit does not offer",
        withProject(async (project) => {
            await create(project, "--bootstrap", "--platform", "linux/mips64");
            const found = await find(project, "platform-missing");
            assert.match(found.mends[0]?.command ?? "", /tonistiigi\/binfmt --install mips64$/);
        }),
    );

    it(
        "finds an engine that does not answer and a context that is gone, and forgets their builders",
        withProject(async (project) => {
            await isolateDockerConfig(project);
            await createContext(project, "farm", second.host);
            await create(project, "farm");
            await docker(["context", "rm", "farm"], { env: project.env });
            await mend(project, await find(project, "context-missing"), "buildx rm");

            await createContext(project, "farm", `unix://${project.folder}/none.sock`);
            const record = { Name: project.unique, Driver: "docker-container", Dynamic: false };
            const nodes = [{ Name: `${project.unique}0`, Endpoint: "farm" }];
            await writeFile(
                join(project.store, "instances", project.unique),
                JSON.stringify({ ...record, Nodes: nodes }),
            );
            const found = await find(project, "engine-unreachable");
            assert.match(found.found, /socket not found.*used by builder/);
            await mend(project, found, "buildx rm");

            await changeDockerConfig(project.env.DOCKER_CONFIG as string, { currentContext: "gone" });
            await mend(project, await find(project, "context-missing"), "context use");
        }),
    );

    it(
        "finds choices of what is not there, and takes them back",
        withProject(async (project) => {
            await create(project, "--bootstrap", "--use");
            const other = `${project.unique}-other`;
            await project.buildx("create", "--name", other, "--driver", "docker-container", "--use");
            await rm(join(project.store, "instances", other));
            await mend(project, await find(project, "current-missing"));

            project.env.BUILDX_BUILDER = other;
            const { mends } = await find(project, "current-missing");
            const doctorAfter = `${mends[0]?.command}; exec node ${main} doctor ${project.unique}`;
            assert.equal((await shell(project, doctorAfter)).code, 0);
        }),
    );

    it(
        "finds a record that cannot be read, which stands in the way of all, and removes it",
        withProject(async (project) => {
            await create(project, "--bootstrap");
            await writeFile(join(project.store, "instances/broken"), "{");
            assert.notEqual((await run("docker", ["buildx", "ls"], { env: project.env })).code, 0);
            await mend(project, await find(project, "record-unreadable"));
            await project.buildx("ls");
        }),
    );

    it(
        "finds who holds buildx's lock, and ends it",
        withProject(async (project) => {
            await create(project, "--bootstrap");
            const lock = join(project.store, ".lock");
            const holder = spawn("flock", ["--no-fork", lock, "sleep", "1000"], { stdio: "ignore" });
            try {
                const ended = once(holder, "exit");
                while ((await run("flock", ["--nonblock", lock, "true"])).code === 0) await sleep(20);
                await mend(project, await find(project, "store-locked"));
                await ended;
            } finally {
                holder.kill();
            }
        }),
    );

    it(
        "finds a folder and an engine that this user may not use",
        withProject(async (project) => {
            await create(project);
            await chmod(project.store, 0o500);
            const socket = join(project.folder, "docker.sock");
            const listening = createServer().listen(socket);
            try {
                await once(listening, "listening");
                await chmod(socket, 0);
                project.env.DOCKER_HOST = `unix://${socket}`;
                // The superuser may do all, but for what is taken from them.
                const without = "-dac_override,-dac_read_search";
                const less = ["setpriv", `--bounding-set=${without}`, `--inh-caps=${without}`];
                const prefix = process.getuid?.() === 0 ? less : ["env"];
                const { stdout } = await run(
                    prefix[0] as string,
                    [...prefix.slice(1), "node", main, "doctor", "--json", project.unique],
                    { env: project.env },
                );
                const { findings }: { findings: Finding[] } = JSON.parse(stdout);
                const command = (kind: string) => findings.find((each) => each.kind === kind)?.mends[0]?.command;
                assert.match(command("engine-permission") ?? "", /usermod --append --groups docker/);
                assert.equal(command("store-read-only"), `chmod -R u+rwX ${project.store}`);
                await shell(project, command("store-read-only") ?? "");
                assert.equal((await stat(project.store)).mode & 0o777, 0o700);
            } finally {
                listening.close();
            }
        }),
    );

    it(
        "finds a context that was made for a node that is gone, and removes it",
        withProject(async (project) => {
            await isolateDockerConfig(project);
            const tls = JSON.stringify(second.certificates("client").paths);
            await project.program(
                `new buildx.BuildxBuilder("b", { name: unique, endpoint: "${second.tcp}", tls: ${tls} });`,
            );
            await project.up();
            assert.deepEqual(await doctor(project, project.unique), []);
            await project.buildx("rm", project.unique);
            await mend(project, await find(project, "context-without-node"));
        }),
    );
});
