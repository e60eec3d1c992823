import { strict as assert } from "node:assert";
import { leftovers } from "../support/docker";
import { build, context, silentImage } from "../support/image";
import { processesOf } from "../support/processes";
import { type Project, withProject } from "../support/project";
import { type Call, startProxy } from "../support/proxy";
import { run } from "../support/run";

/** After which of the engine's answers the process is killed: it does not see that answer any more. */
const moments: Record<string, (call: Call) => boolean> = {
    "the volume is made": (call) => call === "POST /volumes/create",
    "the container is made": (call) => call === "POST /containers/create",
    "the container is started": (call) => /^POST \/containers\/.*\/start$/.test(call),
    "BuildKit is asked whether it is ready": (call) => /^POST \/containers\/.*\/exec$/.test(call),
};

/** The last look before the answer reaches Pulumi's engine: by then container, volume and record are there. */
const lastLook = (calls: readonly Call[]) => calls.filter((call) => /^GET \/exec\/.*\/json$/.test(call)).length > 0;

const fixed = `exports.fixed = new buildx.BuildxBuilder("b", { name: unique + "-fixed" }).name;`;
const automatic = `exports.automatic = new buildx.BuildxBuilder(unique + "-auto").name;`;

async function endsClean(project: Project): Promise<void> {
    const names = Object.values(await project.outputs<Record<string, string>>());
    const containers = names.map((name) => `buildx_buildkit_${name}0`);
    assert.deepEqual(
        (await leftovers(project.unique)).sort(),
        containers.flatMap((name) => [name, `${name}_state`]).sort(),
    );
    assert.deepEqual((await project.records()).sort(), names.sort());
    await project.preview("--expect-no-changes");
}

async function killed(
    project: Project,
    part: string,
    when: (call: Call, calls: readonly Call[]) => boolean,
): Promise<void> {
    const proxy = await startProxy(project.folder);
    project.env.DOCKER_HOST = proxy.host;
    let isStruck = false;
    let pids: number[] = [];
    proxy.decide = async (call) => {
        if (isStruck || !when(call, proxy.calls)) return "pass";
        isStruck = true;
        pids = await processesOf(project, part);
        // The process sees nothing any more, and is gone once the engine has done what it was asked.
        for (const pid of pids) process.kill(pid, "SIGSTOP");
        setTimeout(() => {
            for (const pid of pids) process.kill(pid, "SIGKILL");
        }, 400);
        return "drop";
    };
    await project.failing("up");
    assert.ok(pids.length > 0, "nothing was killed");
    proxy.decide = () => "pass";
    await proxy.stop();
    delete project.env.DOCKER_HOST;
}

describe("a process that is killed", () => {
    for (const [moment, isIt] of Object.entries(moments)) {
        it(
            `(the provider) when ${moment} leaves nothing that the next up does not take up, whoever chose the name`,
            withProject(async (project) => {
                await project.program(fixed + automatic);
                await killed(project, "dynamic-provider", isIt);
                await project.up();
                await endsClean(project);
            }),
        );
    }

    it(
        "(the provider) once all is made, under an automatic name, is completed by the next up",
        withProject(async (project) => {
            await project.program(automatic);
            await killed(
                project,
                "dynamic-provider",
                (call, calls) => lastLook(calls) && call.startsWith("GET /images/"),
            );
            await project.up();
            await endsClean(project);
        }),
    );

    // Its container runs all along, or each time that the engine starts it again: a look at it does not tell.
    const broken: Record<string, (project: Project) => Promise<object>> = {
        "ends at once": async () => ({ buildkitdFlags: ["--no-such-flag"] }),
        "never answers": async (project) => ({ driverOpts: { image: await silentImage(project) } }),
    };
    for (const [what, make] of Object.entries(broken)) {
        it(
            `(the provider) while it waits for a buildkitd that ${what} is known to the state, and goes with it`,
            withProject(async (project) => {
                const program = (args: object) =>
                    `exports.name = new buildx.BuildxBuilder("b", { name: unique, ...${JSON.stringify(args)} }).name;`;
                await project.program(program({ bootTimeout: 3, ...(await make(project)) }));
                await killed(project, "dynamic-provider", moments["the container is started"] ?? assert.fail());
                await project.failing("up");
                const [{ id, initErrors = [] } = assert.fail("the state does not know it")] = await project.state();
                assert.equal(id, project.unique);
                assert.match(initErrors.join(), /BuildKit did not boot/);
                await project.program(program({}));
                await project.up();
                await endsClean(project);
                await project.destroy();
                assert.deepEqual(await leftovers(project.unique), []);
                await run("docker", ["image", "rm", "--force", `${project.unique}:silent`]);
            }),
        );
    }

    it(
        "(the provider) while the container is made anew keeps the cache",
        withProject(async (project) => {
            const program = (args: string) =>
                `exports.name = new buildx.BuildxBuilder("b", { name: unique, ${args} }).name;`;
            await project.program(program(""));
            await project.up();
            const folder = await context(project);
            await build(project, project.unique, folder);
            await project.program(program('driverOpts: { env: { A: "1" } }'));
            await killed(project, "dynamic-provider", (call) => call.startsWith("DELETE /containers/"));
            await project.up();
            await endsClean(project);
            assert.equal((await build(project, project.unique, folder)).cached, 3);
        }),
    );

    it(
        "(Pulumi's engine) while a builder is made leaves what refresh and up take up",
        withProject(async (project) => {
            await project.program(automatic);
            await killed(project, "pulumi", (call) => /^POST \/containers\/.*\/start$/.test(call));
            await project.try("cancel", "--yes");
            await project.try("refresh", "--clear-pending-creates");
            await project.up();
            await endsClean(project);
        }),
    );
});
