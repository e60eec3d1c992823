import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { create, doctor, find, type Finding, fix, main, shell } from "../support/cli";
import { docker } from "../support/docker";
import { changeDockerConfig, createContext, isolateDockerConfig } from "../support/dockerConfig";
import { second } from "../support/engines";
import { builder, resources } from "../support/program";
import { run } from "../support/run";
import { withStack } from "../support/stack";

describe("doctor, about what buildx and docker saved", () => {
    it(
        "finds an engine that does not respond and a missing context, and removes the records of their builders",
        withStack(async (stack) => {
            await isolateDockerConfig(stack);
            await createContext(stack, "farm", second.host);
            await create(stack, "farm");
            await docker(["context", "rm", "farm"], { env: stack.env });
            await fix(stack, await find(stack, "context-missing"), "buildx rm");

            await createContext(stack, "farm", `unix://${stack.folder}/none.sock`);
            const record = { Name: stack.unique, Driver: "docker-container", Dynamic: false };
            const nodes = [{ Name: `${stack.unique}0`, Endpoint: "farm" }];
            await writeFile(join(stack.store, "instances", stack.unique), JSON.stringify({ ...record, Nodes: nodes }));
            const found = await find(stack, "engine-unreachable");
            assert.match(found.found, /socket not found.*used by builder/);
            await fix(stack, found, "buildx rm");

            await changeDockerConfig(stack.env.DOCKER_CONFIG as string, { currentContext: "gone" });
            await fix(stack, await find(stack, "context-missing"), "context use");
        }),
    );

    it(
        "finds a current builder that does not exist, and resets the choice",
        withStack(async (stack) => {
            await create(stack, "--bootstrap", "--use");
            const other = `${stack.unique}-other`;
            await stack.buildx("create", "--name", other, "--driver", "docker-container", "--use");
            await rm(join(stack.store, "instances", other));
            await fix(stack, await find(stack, "current-missing"));

            stack.env.BUILDX_BUILDER = other;
            const { mends } = await find(stack, "current-missing");
            const doctorAfter = `${mends[0]?.command}; exec node ${main} doctor ${stack.unique}`;
            assert.equal((await shell(stack, doctorAfter)).code, 0);
        }),
    );

    it(
        "finds a record that cannot be read, which makes buildx fail, and removes the record",
        withStack(async (stack) => {
            await create(stack, "--bootstrap");
            await writeFile(join(stack.store, "instances/broken"), "{");
            assert.notEqual((await run("docker", ["buildx", "ls"], { env: stack.env })).code, 0);
            await fix(stack, await find(stack, "record-unreadable"));
            await stack.buildx("ls");
        }),
    );

    it(
        "finds the process that holds buildx's lock, and ends the process",
        withStack(async (stack) => {
            await create(stack, "--bootstrap");
            const lock = join(stack.store, ".lock");
            const holder = spawn("flock", ["--no-fork", lock, "sleep", "1000"], { stdio: "ignore" });
            try {
                const ended = once(holder, "exit");
                while ((await run("flock", ["--nonblock", lock, "true"])).code === 0) await sleep(20);
                await fix(stack, await find(stack, "store-locked"));
                await ended;
            } finally {
                holder.kill();
            }
        }),
    );

    it(
        "finds a folder and an engine that this user cannot access",
        withStack(async (stack) => {
            await create(stack);
            await chmod(stack.store, 0o500);
            const socket = join(stack.folder, "docker.sock");
            const listening = createServer().listen(socket);
            try {
                await once(listening, "listening");
                await chmod(socket, 0);
                stack.env.DOCKER_HOST = `unix://${socket}`;
                // The superuser can access all files, except without these capabilities.
                const without = "-dac_override,-dac_read_search";
                const less = ["setpriv", `--bounding-set=${without}`, `--inh-caps=${without}`];
                const prefix = process.getuid?.() === 0 ? less : ["env"];
                const { stdout } = await run(
                    prefix[0] as string,
                    [...prefix.slice(1), "node", main, "doctor", "--json", stack.unique],
                    { env: stack.env },
                );
                const { findings }: { findings: Finding[] } = JSON.parse(stdout);
                const command = (kind: string) => findings.find((each) => each.kind === kind)?.mends[0]?.command;
                assert.match(command("engine-permission") ?? "", /usermod --append --groups docker/);
                assert.equal(command("store-read-only"), `chmod -R u+rwX ${stack.store}`);
                await shell(stack, command("store-read-only") ?? "");
                assert.equal((await stat(stack.store)).mode & 0o777, 0o700);
            } finally {
                listening.close();
            }
        }),
    );

    it(
        "finds a context that was created for a removed node, and removes the context",
        withStack(async (stack) => {
            await isolateDockerConfig(stack);
            const tls = second.certificates("client").paths;
            await stack.program(resources({ b: builder({ name: stack.unique, endpoint: second.tcp, tls }) }));
            await stack.up();
            assert.deepEqual(await doctor(stack, stack.unique), []);
            await stack.buildx("rm", stack.unique);
            await fix(stack, await find(stack, "context-without-node"));
        }),
    );
});
