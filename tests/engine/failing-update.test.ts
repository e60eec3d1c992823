import { strict as assert } from "node:assert";
import { docker, inspectContainer, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { type Project, withProject } from "../support/project";

const container = (project: Project) => `buildx_buildkit_${project.unique}0`;

const builder = (args: string) => `exports.status = new buildx.BuildxBuilder("b", { name: unique, ${args} }).status;`;

describe("an update that fails", () => {
    it(
        "leaves the old container where it is, which goes on building, and the next update succeeds",
        withProject(async (project) => {
            const { unique } = project;
            await project.program(builder(""));
            await project.up();
            const folder = await context(project);
            await build(project, unique, folder);
            const { Id: made } = (await inspectContainer(container(project))) ?? assert.fail();
            const goesOn = async () => {
                const found = await inspectContainer(container(project));
                assert.deepEqual([found?.Id, found?.State.Running], [made, true]);
                assert.equal((await build(project, unique, folder)).cached, 3);
                assert.deepEqual(await leftovers(unique), [container(project), `${container(project)}_state`]);
                assert.match(await project.failing("preview", "--expect-no-changes"), /1 to update/);
            };

            // The engine does not take it.
            await project.program(builder('driverOpts: { env: { A: "1" }, cpusetCpus: "4000" }'));
            assert.match(await project.failing("up"), /cannot be created on .*CPUs/);
            await goesOn();

            // buildkitd does not take it.
            await project.program(builder('buildkitdFlags: ["--no-such-flag"]'));
            const said = await project.failing("up");
            assert.match(said, /Last lines of buildkitd's log:[\s\S]*not defined: -+no-such-flag/);
            await goesOn();

            // What provenance attestations are to tell is an extra.
            Object.assign(project.env, {
                GITHUB_ACTIONS: "true",
                GITHUB_EVENT_NAME: "push",
                GITHUB_EVENT_PATH: "/no/such/event.json",
            });
            await project.program(builder('driverOpts: { env: { A: "2" } }'));
            assert.match(
                (await project.up()).output,
                /provenance attestations do not contain the context of this GitHub Actions run/,
            );
            const after = await inspectContainer(container(project));
            assert.notEqual(after?.Id, made);
            assert.ok(after?.Config.Env.includes("A=2"));
            assert.equal((await build(project, unique, folder)).cached, 3);
            await project.preview("--expect-no-changes");
            await project.refresh("--expect-no-changes");
            await project.destroy();
            assert.deepEqual(await leftovers(unique), []);
        }),
    );

    it(
        "and was cut off before the new container took the old one's place is completed, or cleared",
        withProject(async (project) => {
            const { unique } = project;
            const next = `pulumi-buildx-next-${unique}0`;
            const leave = async () => {
                await docker(["stop", container(project)]);
                const options = ["--privileged", "--volume", `${container(project)}_state:/var/lib/buildkit`];
                await docker(["run", "--detach", "--name", next, ...options, "moby/buildkit:buildx-stable-1"]);
            };
            await project.program(builder(""));
            await project.up();
            await leave();
            await project.refresh();
            await project.up();
            assert.deepEqual(await leftovers(unique), [container(project), `${container(project)}_state`]);
            assert.deepEqual(await project.outputs(), { status: "running" });

            await leave();
            await project.program(builder('labels: { a: "1" }'));
            await project.up();
            assert.deepEqual(await leftovers(unique), [container(project), `${container(project)}_state`]);
            await leave();
            await project.destroy();
            assert.deepEqual(await leftovers(unique), []);
        }),
    );
});
