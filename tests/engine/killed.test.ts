import { strict as assert } from "node:assert";
import { readdir, readFile, readlink } from "node:fs/promises";
import { leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { type Project, withProject } from "../support/project";
import { type Call, startProxy } from "../support/proxy";

/** Processes that belong to a project, by what their command line holds. */
async function processesOf(project: Project, part: string): Promise<number[]> {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
    const found = await Promise.all(
        pids.map(async (pid) => {
            const [command, folder] = await Promise.all([
                readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""),
                readlink(`/proc/${pid}/cwd`).catch(() => ""),
            ]);
            return command.includes(part) && folder.startsWith(project.folder) ? pid : 0;
        }),
    );
    return found.filter((pid) => pid !== 0);
}

/** After which of the engine's answers the process is killed: it does not see that answer any more. */
const moments: Record<string, (call: Call) => boolean> = {
    "the volume is made": (call) => call === "POST /volumes/create",
    "the container is made": (call) => call === "POST /containers/create",
    "the container is started": (call) => /^POST \/containers\/.*\/start$/.test(call),
    "BuildKit is asked whether it is ready": (call) => /^POST \/containers\/.*\/exec$/.test(call),
};

/** The last look before the answer reaches Pulumi's engine: by then container, volume and record are there. */
const lastLook = (calls: readonly Call[]) => calls.filter((call) => /^GET \/exec\/.*\/json$/.test(call)).length > 0;

const programs = {
    "a name of the user's": `exports.name = new buildx.BuildxBuilder("b", { name: unique }).name;`,
    "an automatic name": `exports.name = new buildx.BuildxBuilder(unique).name;`,
};

async function endsClean(project: Project): Promise<void> {
    const { name } = await project.outputs<{ name: string }>();
    const container = `buildx_buildkit_${name}0`;
    assert.deepEqual(await leftovers(project.unique), [container, `${container}_state`]);
    assert.deepEqual(await project.records(), [name]);
    await project.preview("--expect-no-changes");
}

async function killed(
    project: Project,
    part: string,
    when: (call: Call, calls: readonly Call[]) => boolean,
): Promise<void> {
    const proxy = await startProxy(project.folder);
    project.env.DOCKER_HOST = proxy.host;
    let pids: number[] = [];
    proxy.decide = async (call) => {
        if (pids.length > 0 || !when(call, proxy.calls)) return "pass";
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
    for (const [which, program] of Object.entries(programs)) {
        for (const [moment, isIt] of Object.entries(moments)) {
            it(
                `(the provider) when ${moment}, under ${which}, leaves nothing that the next up does not take up`,
                withProject(async (project) => {
                    await project.program(program);
                    await killed(project, "dynamic-provider", isIt);
                    await project.up();
                    await endsClean(project);
                }),
            );
        }
    }

    it(
        "(the provider) once all is made, under an automatic name, is completed by the next up",
        withProject(async (project) => {
            await project.program(programs["an automatic name"]);
            await killed(
                project,
                "dynamic-provider",
                (call, calls) => lastLook(calls) && call.startsWith("GET /images/"),
            );
            await project.up();
            await endsClean(project);
        }),
    );

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
            await project.program(programs["an automatic name"]);
            await killed(project, "pulumi", (call) => /^POST \/containers\/.*\/start$/.test(call));
            await project.try("cancel", "--yes");
            await project.try("refresh", "--clear-pending-creates");
            await project.up();
            await endsClean(project);
        }),
    );
});
