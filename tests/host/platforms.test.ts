import { strict as assert } from "node:assert";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { registered, withoutEmulators } from "../support/binfmt";
import { inspectContainer, leftovers } from "../support/docker";
import { build, context } from "../support/image";
import { type Project, withProject } from "../support/project";
import { must } from "../support/run";

const onHost = (test: (project: Project) => Promise<void>) => withoutEmulators(withProject(test));

const qemu = `const qemu = new buildx.QemuEmulation("qemu", { platforms: ["linux/arm64"] });\n`;

const builder = (args: string, opts = "{}") => `
    const builder = new buildx.BuildxBuilder("b", { name: unique, ${args} }, ${opts});
    exports.platforms = builder.platforms;
    exports.status = builder.status;\n`;

const required = 'requirePlatforms: ["linux/amd64", "linux/arm64"]';

const told = /builder ".*" does not offer linux\/arm64, only linux\/amd64.*QemuEmulation.*--install arm64/;

const platforms = async (project: Project) => (await project.outputs<{ platforms: string[] }>()).platforms;

/** A folder to build from, with a step that runs a program of arm64 and finds out who runs it. */
async function armContext(project: Project): Promise<string> {
    // BuildKit's image has emulators of its own for what the kernel does not run. They are seen in a step.
    const folder = await context(
        project,
        `FROM scratch
COPY busybox /bin/sh
RUN echo "machine: $(uname -m)"; test ! -e /dev/.buildkit_qemu_emulator && echo "run by: the kernel"
`,
    );
    await rm(join(folder, "busybox"));
    await cp((await must("which", ["busybox-arm64"])).trim(), join(folder, "busybox"));
    return folder;
}

describe("platforms that a builder has to offer", () => {
    it(
        "fail a new builder, of which nothing stays, until the same program has an emulation",
        onHost(async (project) => {
            await project.program(builder(required));
            await project.preview();
            assert.match(await project.failing("up"), told);
            assert.deepEqual(await leftovers(project.unique), []);
            assert.deepEqual(await project.records(), []);
            assert.deepEqual(await project.state(), []);

            await project.program(qemu + builder(required, "{ dependsOn: [qemu] }"));
            await project.up();
            assert.ok((await platforms(project)).includes("linux/arm64"));
            await project.preview("--expect-no-changes");
            await project.refresh("--expect-no-changes");

            const { log } = await build(project, project.unique, await armContext(project), "linux/arm64");
            assert.match(log, /machine: aarch64/);
            assert.match(log, /run by: the kernel/);

            await project.destroy();
            assert.deepEqual(await registered(), []);
        }),
    );

    it(
        "are seen by a refresh where emulators came later, of all builders that are alike",
        onHost(async (project) => {
            const all = async () => (await project.state()).flatMap(({ outputs }) => (outputs.status ? [outputs] : []));
            const builders = `for (const each of ["a", "b", "c"]) new buildx.BuildxBuilder(each, { name: unique + "-" + each + "-" });`;
            await project.program(builders);
            await project.up();
            for (const { platforms } of await all()) assert.ok(!(platforms as string[]).includes("linux/arm64"));

            await project.program(qemu + builders);
            await project.up();
            await sleep(21_000); // until then BuildKit does not look again
            await project.refresh();
            assert.equal((await all()).length, 3);
            for (const { name, platforms } of await all())
                assert.ok((platforms as string[]).includes("linux/arm64"), String(name));
            await project.refresh("--expect-no-changes");
        }),
    );

    it(
        "fail a builder that runs, which goes on as it was, and start it again once there are emulators",
        onHost(async (project) => {
            const container = async () => inspectContainer(`buildx_buildkit_${project.unique}0`);
            await project.program(builder(""));
            await project.up();
            assert.ok(!(await platforms(project)).includes("linux/arm64"));
            const before = await container();

            await project.program(builder(required));
            assert.match(await project.failing("up"), told);
            assert.equal((await container())?.Id, before?.Id);
            assert.equal((await container())?.State.Running, true);
            assert.deepEqual(await project.records(), [project.unique]);
            assert.deepEqual(
                (await project.state()).map(({ id }) => id),
                [project.unique],
            );

            await project.program(qemu + builder(required, "{ dependsOn: [qemu] }"));
            await project.up();
            assert.ok((await platforms(project)).includes("linux/arm64"));
            assert.equal((await container())?.Id, before?.Id);
            await project.preview("--expect-no-changes");
        }),
    );
});
