import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { docker, inspectContainer, leftovers, removeLeftovers } from "../support/docker";
import { until } from "../support/copying";
import { startHttpServer } from "../support/httpServer";
import { context, longBuild } from "../support/image";
import { type Interrupted, interrupted } from "../support/interrupted";
import { builder, resources } from "../support/program";
import { type Project, withProject } from "../support/project";
import { startProxy } from "../support/proxy";
import { run } from "../support/run";
import { type Stack, withStack } from "../support/stack";
import { containerOf, isRunning, volumeOf } from "../support/state";

const stock = "moby/buildkit:buildx-stable-1";

/** The longest time from Ctrl-C to the end of a command, in seconds. */
const bound = 5;

function endedInTime({ seconds, output }: Interrupted): void {
    assert.ok(seconds < bound, `it took ${seconds} s from the signal to the end:\n${output}`);
    assert.match(output, /stopped because Pulumi was cancelled/);
    assert.doesNotMatch(output, /MaxListenersExceededWarning|The operation was aborted/);
}

/** Runs a test with an image whose buildkitd boots late, as on a slow disk. */
async function withSlowImage(project: Project, seconds: number, work: (image: string) => Promise<void>): Promise<void> {
    const image = `moby/buildkit:${project.unique}-slow`;
    const script = `sleep ${seconds}; exec buildkitd "$@"`;
    const folder = await context(project, `FROM ${stock}\nENTRYPOINT ${JSON.stringify(["sh", "-c", script, "sh"])}\n`);
    await docker(["buildx", "build", "--builder", "default", "--load", "--tag", image, folder]);
    try {
        await work(image);
    } finally {
        await run("docker", ["rmi", "--force", image]); // without an error, which would hide the error of the test
    }
}

const inJavaScript = (args: object) =>
    `exports.status = new buildx.BuildxBuilder("b", { name: unique, ...${JSON.stringify(args)} }).status;`;

const isBuilding = async (project: Project) => {
    const histories = ["exec", containerOf(project.unique), "buildctl", "debug", "histories", "--format", "{{json .}}"];
    return (await docker(histories)).split("\n").some((line) => line !== "" && !line.includes("CompletedAt"));
};

describe("Ctrl-C", () => {
    it(
        "during a wait for builds keeps the builder, its builds and the state",
        withProject(async (project) => {
            await project.program(inJavaScript({}));
            await project.up();
            const { ended } = await longBuild(project, 120);
            const before = await project.state();
            const container = await inspectContainer(containerOf(project.unique));
            const isUnchanged = async () => {
                const found = await inspectContainer(containerOf(project.unique));
                assert.equal(found?.Id, container?.Id);
                assert.equal(await isBuilding(project), true);
            };

            await project.program(inJavaScript({ driverOpts: { env: { A: "1" } } }));
            endedInTime(await interrupted(project, "up", { upon: [/waiting for 1 running build: env changed/] }));
            await isUnchanged();
            const [after] = await project.state();
            assert.deepEqual(after?.outputs.driverOpts, before[0]?.outputs.driverOpts);

            const upon = [/waiting for 1 running build: the builder is removed/];
            endedInTime(await interrupted(project, "destroy", { upon, alone: true }));
            await isUnchanged();
            assert.equal((await project.state()).length, 1);
            // The build ends when its only process ends.
            await docker(["exec", containerOf(project.unique), "sh", "-c", "kill $(pidof sleep)"]);
            assert.match(await ended, /finished/);

            assert.match((await project.up()).output, /BuildxBuilder b +updated/);
            assert.notEqual((await inspectContainer(containerOf(project.unique)))?.Id, container?.Id);
            await project.preview("--expect-no-changes");
        }),
    );

    it(
        "ends all other waits of a creation, and leaves nothing",
        withProject(async (project) => {
            const { unique } = project;
            const registry = await startHttpServer(() => {}); // it never responds
            const host = `127.0.0.1:${registry.port}`;
            await mkdir(project.store, { recursive: true });
            const noted = [
                "exec",
                `buildx_buildkit_${unique}-locks0`,
                "test",
                "-e",
                "/var/lib/buildkit/pulumi-buildx.json",
            ];
            const isBooted = async () => (await run("docker", noted)).code === 0;
            const lock = spawn("flock", [join(project.store, ".lock"), "sleep", "600"], { detached: true });
            const copied = `buildx_buildkit_${unique}-copied0_state_copy`;
            await docker(["run", "--detach", "--name", copied, "--entrypoint", "sleep", stock, "600"]);
            try {
                await withSlowImage(project, 600, async (image) => {
                    await project.program(`
                        const builder = (name, args) =>
                            new buildx.BuildxBuilder(name, { name: unique + "-" + name, bootTimeout: 600, ...args });
                        builder("boots", { driverOpts: { image: "${image}" } });
                        builder("pulls", { driverOpts: { image: "${host}/nothing:latest" } });
                        builder("locks", {});
                        builder("copied", {});
                        const state = new buildx.BuildKitState("state", { builderName: unique + "-turns" });
                        const silent = { state, bootTimeout: 600, driverOpts: { image: "${image}" } };
                        new buildx.BuildxBuilder("first", silent);
                        // The second of the two waits for the first.
                        new buildx.BuildKitStateArchive("second", { state, to: { image: "${host}/state:1" } });
                        new buildx.QemuEmulation("emulates", { image: "${image}", platforms: ["arm64"] });
                        const endpoint = "unix:///run/no-such-daemon.sock";
                        new buildx.RemoteBuilder("far", { name: unique + "-far", endpoint, use: true });`);
                    const ended = await interrupted(project, "up", {
                        upon: [
                            new RegExp(`waiting for BuildKit in buildx_buildkit_${unique}-boots0`),
                            /pulling 127\.0\.0\.1:\d+\/nothing:latest/,
                            /waiting for container \S+_copy, with which another program copies/,
                            /waiting for another resource that works on/,
                            /socket not found\. Retrying for \d+ s \(bootTimeout\)/,
                        ],
                        when: isBooted, // the record is the next step
                    });
                    endedInTime(ended);
                    // The state was created before the signal, so Pulumi saved the state.
                    assert.deepEqual(
                        (await project.state()).map(({ id }) => id),
                        [volumeOf(`${unique}-turns`)],
                    );
                    assert.deepEqual((await leftovers(unique)).sort(), [copied, volumeOf(`${unique}-turns`)].sort());
                    assert.deepEqual(await project.records(), []);
                });
            } finally {
                process.kill(-(lock.pid as number));
                await registry.stop();
            }
        }),
    );

    it(
        "while a program reads the size of a stopped state leaves no container",
        withProject(async (project) => {
            const volume = volumeOf(project.unique);
            await docker(["volume", "create", volume]);
            await withSlowImage(project, 600, async (image) => {
                const container = ["create", "--name", containerOf(project.unique), "--volume", `${volume}:/x`, image];
                await docker(container);
                await project.program(`
                    console.log("asking");
                    module.exports = buildx.getState({ builderName: unique });`);
                const isAsking = async () => (await leftovers(`${volume}_usage`)).length > 0;
                const { seconds, output } = await interrupted(project, "up", { upon: [/asking/], when: isAsking });
                assert.ok(seconds < bound, `it took ${seconds} s from the signal to the end:\n${output}`);
                assert.deepEqual(await leftovers(`${volume}_usage`), []);
                await docker(["rm", "--volumes", containerOf(project.unique)]);
            });
        }),
    );
});

/** Runs an operation, cancels it as Pulumi's engine does when a condition holds, and starts the plugin again. */
async function cancelled(
    stack: Stack,
    command: "up" | "destroy" | "refresh",
    isReached: (texts: readonly string[]) => boolean,
): Promise<void> {
    const before = stack.log.length;
    const ended = stack.try(command);
    await until("the call that is cancelled", async () => isReached(stack.log.slice(before).map(({ text }) => text)));
    const start = performance.now();
    await stack.cancel();
    const { output } = await ended;
    endedInTime({ seconds: (performance.now() - start) / 1000, output });
    await stack.restart();
}

describe("a cancellation", () => {
    it(
        "ends the wait for an engine that does not respond or removes a volume slowly; the next destroy waits for the volume",
        withStack(async (stack) => {
            const { unique } = stack;
            const proxy = await startProxy(stack.folder);
            stack.env.DOCKER_HOST = proxy.host;
            await stack.program(resources({ b: builder({ name: unique }) }));
            await stack.up();
            let isAsked = false;
            proxy.decide = () => {
                isAsked = true;
                return new Promise(() => {});
            };
            await cancelled(stack, "refresh", () => isAsked);
            proxy.decide = async (call) => {
                if (call.startsWith("DELETE /volumes/")) await sleep(10_000);
                return "pass" as const;
            };
            await cancelled(stack, "destroy", (texts) => texts.includes(`removing ${volumeOf(unique)}`));
            assert.equal((await stack.state()).length, 1);
            await stack.destroy();
            assert.deepEqual([await stack.state(), await leftovers(unique)], [[], []]);
            await proxy.stop();
        }),
    );
});

describe("a buildkitd that boots slowly", () => {
    it(
        "boots within a sufficient bootTimeout, an insufficient one is reported, and a cancellation ends the wait",
        withStack(async (stack) => {
            const { unique } = stack;
            await withSlowImage(stack, 6, async (image) => {
                const slow = (args: object) =>
                    stack.program(resources({ b: builder({ name: unique, driverOpts: { image }, ...args }) }));
                await slow({ bootTimeout: 2 });
                const refused = await stack.failing("up");
                assert.match(refused, /did not respond within 2 s/);
                assert.match(refused, /If BuildKit needs more than 2 s to boot, increase bootTimeout/);
                assert.deepEqual(await leftovers(unique), []);
                await slow({});
                await stack.up();

                await slow({ labels: { a: "1" } });
                await cancelled(stack, "up", (texts) =>
                    texts.includes(`waiting for BuildKit in ${containerOf(unique)}`),
                );
                assert.equal(await isRunning(containerOf(unique)), true);
                await stack.up();
                assert.deepEqual(stack.steps, { b: "update" });
                await stack.preview("--expect-no-changes");
                await docker(["exec", containerOf(unique), "buildctl", "debug", "workers"]);
                await removeLeftovers(unique); // or the image could not be removed
            });
        }),
    );
});
